from django.contrib.admin.apps import AdminConfig


class QuartermasterAdminConfig(AdminConfig):
    """Django's admin app with our site as `admin.site`."""

    default_site = "accounts.chrome.site.QuartermasterSite"
