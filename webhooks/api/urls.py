from django.urls import path

from webhooks.api.next_run import DoneView, ExtendView, FailedView, NextView
from webhooks.api.runs import CancelRunView, RedriveRunsView, RedriveRunView, RunsView, RunView

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
]
