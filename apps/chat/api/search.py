"""/api/search: full text over what the caller may read."""

from dataclasses import replace
from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import WithJsonSchema

from apps.chat.api.answers import answer, next_url
from apps.chat.api.fields import Cursor
from apps.chat.api.security import SignedInRequest
from apps.chat.rates import SEARCHES, admit
from apps.chat.records import SearchPage
from apps.chat.services.search import QUERY_MAX_CHARACTERS, search_messages

router = Router(tags=["Search"])

Words = Annotated[
    str,
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": QUERY_MAX_CHARACTERS}),
    Query(description="All of the words, the last one also as a beginning."),
]


@router.get("", response=SearchPage, summary="Search messages, newest first")
def search(request: SignedInRequest, q: Words, cursor: Cursor = None) -> HttpResponse:
    """Only in conversations the caller is a member of; `excerpt_html` is escaped, with the words in `<mark>`."""
    admit(SEARCHES, request.auth)
    page = search_messages(user_id=request.auth, query=q, cursor=cursor)
    return answer(replace(page, next=next_url(request, page.next)))
