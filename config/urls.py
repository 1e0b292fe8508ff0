from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from accounts.api.views import UnknownAddressView
from config.error_page import errors_page
from config.metrics_page import metrics
from config.readiness import healthz, readyz


def home(request: HttpRequest) -> HttpResponse:
    return redirect("admin:index")


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on pages that name no icon, such as the API's documentation."""
    return redirect(static("img/favicon.svg"), permanent=True)


urlpatterns = [
    # Tried from the top: what agents call stands first.
    path("api/v1/", include("registry.api.urls")),
    path("api/v1/", include("memory.api.urls")),
    path("api/v1/", include("webhooks.api.urls")),
    path("api/v1/", include("integrations.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("", home),
    path("favicon.ico", favicon),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("docs/errors", errors_page, name="errors"),
    path("", include("integrations.urls")),
    re_path(r"^api/", UnknownAddressView.as_view()),
    path("admin/", include("registry.urls")),
    path("admin/", admin.site.urls),
]
