"""Where health is told in full. The other paths are answered at the edge."""

from django.urls import path

from apps.monitoring.health import views

urlpatterns = [
    path("api/health/detailed", views.detailed, name="health_detailed"),
    path("api/system/health", views.detailed, name="system_health"),
]
