from django.urls import path

from webhooks.api.deliveries import (
    DeliveriesView,
    DeliveryView,
    RedriveDeliveriesView,
    RedriveDeliveryView,
    ResendView,
)
from webhooks.api.events import EventsView, EventView
from webhooks.api.next_run import DoneView, ExtendView, FailedView, NextView
from webhooks.api.previews import PreviewView
from webhooks.api.raw import RawView
from webhooks.api.replays import ReplayEventsView, ReplayEventView
from webhooks.api.routes import RoutesView, RouteView
from webhooks.api.runs import CancelRunView, RedriveRunsView, RedriveRunView, RunsView, RunView
from webhooks.api.schemes import SchemesView
from webhooks.api.sources import (
    DisableView,
    PauseView,
    ResumeView,
    RetireSecretView,
    RevealSecretView,
    RotateTokenView,
    SecretsView,
    SourcesView,
    SourceView,
)
from webhooks.api.subscriptions import (
    DisableSubscriptionView,
    EnableSubscriptionView,
    PingView,
    RotateSecretView,
    SubscriptionsView,
    SubscriptionView,
)
from webhooks.api.test_events import TestView

urlpatterns = [
    # What events cause, and agents that fetch it.
    path("webhook-events/next/", NextView.as_view(), name="webhook-events-next"),
    path("webhook-runs/", RunsView.as_view(), name="webhook-runs"),
    path("webhook-runs/redrive/", RedriveRunsView.as_view(), name="webhook-runs-redrive"),
    path("webhook-runs/<uuid:run_id>/", RunView.as_view(), name="webhook-run"),
    path("webhook-runs/<uuid:run_id>/cancel/", CancelRunView.as_view(), name="webhook-run-cancel"),
    path("webhook-runs/<uuid:run_id>/redrive/", RedriveRunView.as_view(), name="webhook-run-redrive"),
    path("webhook-runs/<uuid:run_id>/done/", DoneView.as_view(), name="webhook-run-done"),
    path("webhook-runs/<uuid:run_id>/failed/", FailedView.as_view(), name="webhook-run-failed"),
    path("webhook-runs/<uuid:run_id>/extend/", ExtendView.as_view(), name="webhook-run-extend"),
    # Where platforms post.
    path("webhook-schemes/", SchemesView.as_view(), name="webhook-schemes"),
    path("webhook-sources/", SourcesView.as_view(), name="webhook-sources"),
    path("webhook-sources/<slug:slug>/", SourceView.as_view(), name="webhook-source"),
    path("webhook-sources/<slug:slug>/pause/", PauseView.as_view(), name="webhook-source-pause"),
    path("webhook-sources/<slug:slug>/resume/", ResumeView.as_view(), name="webhook-source-resume"),
    path("webhook-sources/<slug:slug>/disable/", DisableView.as_view(), name="webhook-source-disable"),
    path("webhook-sources/<slug:slug>/rotate-token/", RotateTokenView.as_view(), name="webhook-source-rotate-token"),
    path("webhook-sources/<slug:slug>/secrets/", SecretsView.as_view(), name="webhook-source-secrets"),
    path(
        "webhook-sources/<slug:slug>/secrets/<uuid:secret_id>/retire/",
        RetireSecretView.as_view(),
        name="webhook-source-secret-retire",
    ),
    path(
        "webhook-sources/<slug:slug>/secrets/<uuid:secret_id>/reveal/",
        RevealSecretView.as_view(),
        name="webhook-source-secret-reveal",
    ),
    path("webhook-sources/<slug:slug>/test/", TestView.as_view(), name="webhook-source-test"),
    # What came, and where it goes.
    path("webhook-events/", EventsView.as_view(), name="webhook-events"),
    path("webhook-events/replay/", ReplayEventsView.as_view(), name="webhook-events-replay"),
    path("webhook-events/<uuid:event_id>/", EventView.as_view(), name="webhook-event"),
    path("webhook-events/<uuid:event_id>/raw/", RawView.as_view(), name="webhook-event-raw"),
    path("webhook-events/<uuid:event_id>/replay/", ReplayEventView.as_view(), name="webhook-event-replay"),
    path("webhook-routes/", RoutesView.as_view(), name="webhook-routes"),
    path("webhook-routes/preview/", PreviewView.as_view(), name="webhook-routes-preview"),
    path("webhook-routes/<text:slug>/", RouteView.as_view(), name="webhook-route"),
    # Telling others.
    path("webhook-subscriptions/", SubscriptionsView.as_view(), name="webhook-subscriptions"),
    path("webhook-subscriptions/<slug:slug>/", SubscriptionView.as_view(), name="webhook-subscription"),
    path("webhook-subscriptions/<slug:slug>/enable/", EnableSubscriptionView.as_view(), name="subscription-enable"),
    path("webhook-subscriptions/<slug:slug>/disable/", DisableSubscriptionView.as_view(), name="subscription-disable"),
    path("webhook-subscriptions/<slug:slug>/rotate-secret/", RotateSecretView.as_view(), name="subscription-rotate"),
    path("webhook-subscriptions/<slug:slug>/ping/", PingView.as_view(), name="subscription-ping"),
    path("webhook-deliveries/", DeliveriesView.as_view(), name="webhook-deliveries"),
    path("webhook-deliveries/redrive/", RedriveDeliveriesView.as_view(), name="webhook-deliveries-redrive"),
    path("webhook-deliveries/<uuid:delivery_id>/", DeliveryView.as_view(), name="webhook-delivery"),
    path(
        "webhook-deliveries/<uuid:delivery_id>/redrive/", RedriveDeliveryView.as_view(), name="webhook-delivery-redrive"
    ),
    path("webhook-deliveries/<uuid:delivery_id>/resend/", ResendView.as_view(), name="webhook-delivery-resend"),
]
