from django.urls import path

from registry.api.executions import ExecuteView, ExecutionsView, ExecutionView

urlpatterns = [
    path("tools/<str:slug>/execute/", ExecuteView.as_view(), name="tool-execute"),
    path("executions/", ExecutionsView.as_view(), name="executions"),
    path("executions/<uuid:execution_id>/", ExecutionView.as_view(), name="execution"),
]
