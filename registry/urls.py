from django.contrib import admin
from django.urls import path

from registry.pages import dashboard_parts

urlpatterns = [
    path("dashboard/", admin.site.admin_view(dashboard_parts), name="dashboard-parts"),
]
