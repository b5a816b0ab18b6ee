"""Where everything is found."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("apps.monitoring.health.urls")),
    path("api/", include("apps.monitoring.browser.urls")),
    path("", include("apps.monitoring.prometheus.urls")),
    path("api/", include("apps.chat.api.urls")),
    path("performance/", include("apps.monitoring.pages.urls")),
    path("", include("apps.chat.urls")),
]

handler400 = "perfsite.errors.bad_request"
handler403 = "perfsite.errors.permission_denied"
handler404 = "perfsite.errors.page_not_found"
handler500 = "perfsite.errors.server_error"
