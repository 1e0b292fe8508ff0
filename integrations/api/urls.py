from django.urls import path

from integrations.api.connections import CheckView, ConnectionsView, ConnectionView, RotateView, TakeBackView
from integrations.api.connectors import ConnectorsView
from integrations.api.imports import ImportsView, ImportView, SkippedView
from integrations.api.oauth_apps import OAuthAppsView, OAuthAppView
from integrations.api.signing_in import ConnectLinksView, ReconnectView, SignInView

urlpatterns = [
    path("connectors/", ConnectorsView.as_view(), name="connectors"),
    path("connectors/<slug:slug>/sign-in/", SignInView.as_view(), name="connector-sign-in"),
    path("connections/", ConnectionsView.as_view(), name="connections"),
    path("connections/<slug:slug>/", ConnectionView.as_view(), name="connection"),
    path("connections/<slug:slug>/check/", CheckView.as_view(), name="connection-check"),
    path("connections/<slug:slug>/rotate/", RotateView.as_view(), name="connection-rotate"),
    path("connections/<slug:slug>/take-back/", TakeBackView.as_view(), name="connection-take-back"),
    path("connections/<slug:slug>/reconnect/", ReconnectView.as_view(), name="connection-reconnect"),
    path("connect-links/", ConnectLinksView.as_view(), name="connect-links"),
    path("oauth-apps/", OAuthAppsView.as_view(), name="oauth-apps"),
    path("oauth-apps/<slug:connector>/", OAuthAppView.as_view(), name="oauth-app"),
    path("imports/", ImportsView.as_view(), name="imports"),
    path("imports/<uuid:import_id>/", ImportView.as_view(), name="import"),
    path("imports/<uuid:import_id>/skipped/", SkippedView.as_view(), name="import-skipped"),
]
