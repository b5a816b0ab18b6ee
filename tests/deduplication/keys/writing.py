"""Requests for the tests: what each means, and the many ways to write it down."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
Draw = Callable[[st.SearchStrategy[Any]], Any]

octets = st.binary(max_size=6)
names = st.sampled_from([b"a", b"b", b"q", b"\xc3\xa9", b"a b", b"a&b", b"a=b", b"%41", b"+"])
pairs = st.lists(st.tuples(names, octets), max_size=5)
numbers = st.one_of(st.integers(), st.integers(min_value=10**30), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What is asked, free of how it is written."""

    method: str = "GET"
    segments: tuple[bytes, ...] = (b"api", b"things")
    pairs: tuple[tuple[bytes, bytes], ...] = ()
    accept: tuple[str, ...] = ("text/html", "*/*;q=0.8")
    language: str = "en"
    value: Any = field(default=None)


meanings = st.builds(
    Meaning,
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    segments=st.lists(
        st.binary(min_size=1, max_size=5).filter(lambda part: b"%" not in part), min_size=1, max_size=3
    ).map(tuple),
    pairs=pairs.map(tuple),
    accept=st.lists(st.sampled_from(["text/html", "*/*;q=0.8", "application/json", "a/b;v=X"]), max_size=3).map(tuple),
    language=st.sampled_from(["en", "de", "en-GB"]),
    value=values,
)


def path_of(meaning: Meaning, draw: Draw) -> bytes:
    """Return the path, each byte as it is or percent-encoded, in letters of either case."""
    return b"/" + b"/".join(spelled(segment, draw) for segment in meaning.segments)


def spelled(segment: bytes, draw: Draw) -> bytes:
    """Return a segment with some of its unreserved bytes encoded for no reason."""
    written = [octet(byte, draw) for byte in segment]
    return b"".join(written)


def octet(byte: int, draw: Draw) -> bytes:
    """Return one byte; what is reserved is always encoded, for there the spelling means something."""
    upper = b"%%%02X" % byte
    if byte in UNRESERVED:
        return draw(st.sampled_from([bytes([byte]), upper, upper.lower()]))
    return draw(st.sampled_from([upper, upper.lower()] + ([bytes([byte])] if byte > 0x7F else [])))


def query_of(meaning: Meaning, draw: Draw) -> bytes:
    """Return the query with its names in any order, those of one name in theirs."""
    order = draw(st.permutations(sorted({name for name, _ in meaning.pairs})))
    grouped = [(name, value) for wanted in order for name, value in meaning.pairs if name == wanted]
    return b"&".join(b"%b=%b" % (term(name, draw), term(value, draw)) for name, value in grouped)


def term(text: bytes, draw: Draw) -> bytes:
    """Return a name or value; a blank is a plus or a triplet."""
    blank = draw(st.sampled_from([b"+", b"%20"]))
    return b"".join(blank if byte == 0x20 else octet(byte, draw) for byte in text)


def listed(elements: tuple[str, ...], draw: Draw) -> bytes:
    """Return a header's list with blanks where they mean nothing, types in letters of either case."""
    gap = draw(st.sampled_from(["", " ", "  "]))
    cased = [str.upper, str.lower, str]
    written = []
    for element in elements:
        kind, *parameters = element.split(";")
        written.append(f"{gap};{gap}".join([draw(st.sampled_from(cased))(kind), *parameters]))
    return f"{gap},{gap}".join(written).encode()


def json_of(value: Any, draw: Draw) -> bytes:
    """Return JSON with members in any order, blanks and escapes as they come."""
    shuffled = reordered(value, draw)
    indent = draw(st.sampled_from([None, 0, 3]))
    return json.dumps(shuffled, indent=indent, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def reordered(value: Any, draw: Draw) -> Any:
    """Return the value with the members of its objects in another order."""
    if isinstance(value, dict):
        return {name: reordered(value[name], draw) for name in draw(st.permutations(list(value)))}
    return [reordered(item, draw) for item in value] if isinstance(value, list) else value


def scope_of(meaning: Meaning, draw: Draw) -> dict[str, Any]:
    """Return the request as the server hands it to the edge."""
    host = draw(st.sampled_from([b"chat.example", b"CHAT.example", b"chat.example:80"]))
    headers = [(b"host", host), (b"accept-language", listed((meaning.language,), draw))]
    if meaning.accept:
        headers.append((b"accept", listed(meaning.accept, draw)))
    return {
        "type": "http",
        "method": meaning.method,
        "scheme": "http",
        "path": "/" + "/".join(quote_from_bytes(segment) for segment in meaning.segments),
        "raw_path": path_of(meaning, draw),
        "query_string": query_of(meaning, draw),
        "headers": draw(st.permutations(headers)),
    }
