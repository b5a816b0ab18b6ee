"""The project's addresses, and those of the slow views."""

from django.urls import include, path

from tests.stack.flights import views

urlpatterns = [
    path("process", views.process),
    path("generation", views.heard_of),
    path("slow/<str:name>", views.slow),
    path("counted/<str:name>", views.counted),
    path("nested/<int:number>", views.nested),
    path("", include("perfsite.urls")),
]
