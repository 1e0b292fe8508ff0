from django.urls import path

from integrations.api.connections import CheckView, ConnectionsView, ConnectionView, RotateView, TakeBackView
from integrations.api.connectors import ConnectorsView

urlpatterns = [
    path("connectors/", ConnectorsView.as_view(), name="connectors"),
    path("connections/", ConnectionsView.as_view(), name="connections"),
    path("connections/<slug:slug>/", ConnectionView.as_view(), name="connection"),
    path("connections/<slug:slug>/check/", CheckView.as_view(), name="connection-check"),
    path("connections/<slug:slug>/rotate/", RotateView.as_view(), name="connection-rotate"),
    path("connections/<slug:slug>/take-back/", TakeBackView.as_view(), name="connection-take-back"),
]
