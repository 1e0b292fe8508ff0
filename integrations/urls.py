from django.urls import path

from integrations import pages

urlpatterns = [
    path("oauth/callback/", pages.oauth_callback, name="oauth_callback"),
    path("connect/<str:token>/", pages.connect_page, name="connect"),
]
