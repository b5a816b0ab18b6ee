"""/api/imports: bring a file of conversations in, and see how it goes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from django.http import HttpResponse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from pydantic import BaseModel, Field

from apps.chat.api.answers import answer, created
from apps.chat.api.fields import Id
from apps.chat.api.security import Session, SignedInRequest
from apps.chat.api.uploads import check_upload
from apps.chat.rates import IMPORTS, admit
from apps.chat.records import ImportRecord
from apps.chat.services import imports

router = Router(tags=["Imports"])
DEFAULT_IMPORTS = 20


class Options(BaseModel):
    """How to read the file."""

    format: Literal["auto", "csv", "jsonl", "chatgpt"] = "auto"
    dry_run: bool = Field(default=False, description="Check the file and count its rows, but store nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportList:
    """The caller's imports, the latest first."""

    results: list[ImportRecord]
    next: str | None = None


@router.get("", response=ImportList, summary="List the caller's latest imports")
def list_imports(
    request: SignedInRequest, limit: Annotated[int, Query(ge=1, le=imports.LIST_MAX_IMPORTS)] = DEFAULT_IMPORTS
) -> HttpResponse:
    """The latest first."""
    return answer(ImportList(results=imports.list_imports(user_id=request.auth, limit=limit)))


@router.post(
    "",
    auth=Session(before_body=check_upload),
    response={201: ImportRecord},
    openapi_extra={"responses": {409: {}}},
    summary="Import a file",
)
def request_import(
    request: SignedInRequest, file: Annotated[UploadedFile, File()], options: Annotated[Options, Form()]
) -> HttpResponse:
    """A task reads it afterwards; 409 while too many of the caller's imports wait."""
    admit(IMPORTS, request.auth)
    record = imports.request_import(
        user_id=request.auth,
        filename=file.name or "",
        upload=file,
        format=options.format,
        is_dry_run=options.dry_run,
    )
    return created(record, at="import", import_id=record.id)


@router.get("/{int:import_id}", response=ImportRecord, url_name="import", summary="Show how an import goes")
def get_import(request: SignedInRequest, import_id: Id) -> HttpResponse:
    """For whoever asked for it."""
    return answer(imports.get_import(user_id=request.auth, import_id=import_id))
