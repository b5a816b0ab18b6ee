"""Upload files of conversations and see what came of them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.chat.exceptions import ChatError
from apps.chat.forms import ImportForm, add_problem
from apps.chat.rates import IMPORTS, admit
from apps.chat.services.imports import list_imports, request_import
from apps.chat.views.page import page, user_id, with_side


@require_http_methods(["GET", "HEAD", "POST"])
@page
def imports(request: HttpRequest) -> HttpResponse:
    """Show the form and the imports so far; a POST requests one."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _requested(request, form)
        except ChatError as error:
            add_problem(form, error)
    return with_side(
        request,
        "chat/imports.html",
        form=form,
        imports=list_imports(user_id=user_id(request)),
        max_megabytes=settings.CHAT_IMPORT_MAX_MEGABYTES,
        status=422 if form.errors else 200,
    )


def _requested(request: HttpRequest, form: ImportForm) -> HttpResponse:
    admit(IMPORTS, user_id(request))
    requested = request_import(
        user_id=user_id(request),
        filename=form.cleaned_data["file"].name,
        upload=form.cleaned_data["file"],
        format=form.cleaned_data["format"],
        is_dry_run=form.cleaned_data["dry_run"],
    )
    return redirect(f"{reverse('imports')}#import-{requested.id}")
