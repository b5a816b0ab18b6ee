"""Exceptions that are the same: of one type, from one place of our code, on one route."""

import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import CodeType, TracebackType

from django.conf import settings

from apps.monitoring.privacy.scrub import without_words

FRAMES = 60  # the innermost; recursion has thousands
MESSAGE_CHARACTERS, TRACEBACK_CHARACTERS = 500, 20_000
ELSEWHERE = "elsewhere"
Step = tuple[CodeType, int]
_number = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One exception as it was met: only places in the code, so that nothing of the request is held."""

    error: str
    message: str
    steps: tuple[Step, ...]
    cause: str
    route: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some of a kind. `times` is how many; times are seconds since 1970."""

    digest: str
    error: str
    place: str
    route: str
    message: str
    traceback: str
    at: float
    times: int = 1


def raised(error: BaseException, *, route: str, at: float) -> Raised:
    """Return what is kept of an exception. Reads no file."""
    cause = error.__cause__ or error.__context__
    return Raised(
        error=name_of(error),
        message=str(error),
        steps=tuple(_steps(error.__traceback__))[-FRAMES:],
        cause=name_of(cause) if cause else "",
        route=route,
        at=at,
    )


def grouped(one: Raised) -> Group:
    """Return the group an exception belongs to. Reads the lines of the source, which are cached."""
    place = place_of(one.steps)
    digest = blake2b(f"{one.error}\0{place}\0{one.route}".encode(), digest_size=8).hexdigest()
    message = template_of(one.message)
    return Group(
        digest=digest,
        error=one.error,
        place=place,
        route=one.route,
        message=message,
        traceback="\n".join(_shown(one, message))[-TRACEBACK_CHARACTERS:],
        at=one.at,
    )


def name_of(error: BaseException) -> str:
    """Return an exception's type as `module.Name`; of builtins the name alone."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def template_of(message: str) -> str:
    """Return a message without what may be anybody's: quoted text, addresses, tokens, digits."""
    return _number.sub("0", without_words(message))[:MESSAGE_CHARACTERS]


def place_of(steps: tuple[Step, ...]) -> str:
    """Return file and line of the innermost of our own frames, of the innermost at all where none is ours."""
    own = [step for step in steps if is_own(step[0].co_filename)]
    for code, line in (own or list(steps))[-1:]:
        return f"{path_of(code.co_filename)}:{line}"
    return ELSEWHERE


def is_own(file: str) -> bool:
    """Return whether a file is of this project and of no library that lies within."""
    path = Path(file)
    return path.is_relative_to(settings.BASE_DIR) and not {"site-packages", ".venv"} & set(path.parts)


def path_of(file: str) -> str:
    """Return a file as it is told: from the project's folder, or from that of the libraries."""
    if is_own(file):
        return str(Path(file).relative_to(settings.BASE_DIR))
    return file.rpartition("site-packages/")[2].rpartition("/lib/python")[2]


def _steps(trace: TracebackType | None) -> Iterator[Step]:
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next


def _shown(one: Raised, message: str) -> Iterator[str]:
    if one.cause:
        yield f"While {one.cause} was handled, or because of it:"
    yield "Traceback (most recent call last):"
    for code, line in one.steps:
        yield f'  File "{path_of(code.co_filename)}", line {line}, in {code.co_name}'
        if source := linecache.getline(code.co_filename, line).strip():
            yield f"    {source}"
    yield f"{one.error}: {message}"
