"""Search over everything the reader may read."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.chat.exceptions import InvalidError
from apps.chat.rates import SEARCHES, admit
from apps.chat.services.search import QUERY_MAX_CHARACTERS, search_messages
from apps.chat.views.page import page, user_id, with_side


@require_safe
@page
def search(request: HttpRequest) -> HttpResponse:
    """Show what matches the query, page by page."""
    query = request.GET.get("q", "").strip()
    problem = ""
    found = None
    if query:
        admit(SEARCHES, user_id(request))
        try:
            found = search_messages(user_id=user_id(request), query=query, cursor=request.GET.get("cursor") or None)
        except InvalidError as error:
            problem = f"The search {error.reason}" if error.field == "q" else f"The page {error.reason}"
    return with_side(
        request,
        "chat/search.html",
        query=query,
        found=found,
        problem=problem,
        maximum=QUERY_MAX_CHARACTERS,
        status=422 if problem else 200,
    )
