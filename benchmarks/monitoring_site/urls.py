"""A view that answers from Django, as the chat's history unkept would; and the site, whose answers are kept."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from apps.chat.models import Message


def trivial(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


@login_required
def history(request: HttpRequest) -> JsonResponse:
    rows = Message.objects.filter(conversation__memberships__user=request.user).order_by("-sequence")
    found = list(rows.values("id", "sequence", "role", "text", "author__username")[:50])
    return JsonResponse({"messages": found})


urlpatterns = [path("trivial", trivial), path("history", history), path("", include("perfsite.urls"))]
