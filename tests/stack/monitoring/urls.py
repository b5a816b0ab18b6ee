"""The project's routes, and those of the views that fail, dawdle and talk."""

from django.urls import include, path

from tests.stack.monitoring import views

urlpatterns = [
    path("trial/fail/<str:word>/", views.fail),
    path("trial/slow/", views.slow),
    path("trial/talk/", views.talk),
    path("trial/fine/", views.fine),
    path("trial/trickle/", views.trickle),
    path("", include("perfsite.urls")),
]
handler404, handler500 = "perfsite.errors.page_not_found", "perfsite.errors.server_error"
