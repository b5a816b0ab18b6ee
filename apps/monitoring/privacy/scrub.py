"""Texts without what names or unlocks somebody: e-mail addresses, tokens, passwords, whole addresses of networks."""

import ipaddress
import re

GONE = "[removed]"
MAX_CHARACTERS = 2_000
V4_PREFIX, V6_PREFIX = 24, 48

_email = re.compile(r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
_bearer = re.compile(r"\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=\-]{6,}", re.IGNORECASE)
_assigned = re.compile(
    r"(?<![\w\-])([\w\-]*(?:password|passwd|secret|token|api[_\-]?key|authorization|cookie|session(?:id)?|csrf\w*)[\w\-]*)"
    r"(['\"]?\s*[=:]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;&'\"]+)",
    re.IGNORECASE,
)
_cookies = re.compile(r"(?<![\w\-])[\w\-]+=[^;\s]*(?:;\s*[\w\-]+=[^;\s,]*)+")
_query = re.compile(r"(?<=[\w/])\?[^\s'\"<>)\]]*=[^\s'\"<>)\]]*")
_credential = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]*@")
_jwt = re.compile(r"\beyJ[\w\-]+\.[\w\-]+(?:\.[\w\-]*)?")
_key = re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA)[-_A-Za-z0-9]{12,}\b")
_random = re.compile(r"(?<![\w\-.])(?=[A-Za-z0-9_\-]*[0-9])(?=[A-Za-z0-9_\-]*[A-Za-z])[A-Za-z0-9_\-]{32,}(?![\w\-])")
_is_name = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
).fullmatch  # a trace, a request, a task
_v4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_v6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.])")
_quoted = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_detail = re.compile(r"^(?:DETAIL|CONTEXT|HINT):.*$", re.MULTILINE)


def scrubbed(text: str) -> str:
    """Return the text without e-mail addresses, credentials, tokens and query strings; addresses are cut short."""
    text = text[:MAX_CHARACTERS]
    text = _credential.sub(f"{GONE}@", text)
    text = _query.sub(f"?{GONE}", text)
    text = _email.sub(GONE, text)
    text = _bearer.sub(rf"\1 {GONE}", text)
    text = _assigned.sub(rf"\1\2{GONE}", _cookies.sub(GONE, text))
    text = _jwt.sub(GONE, _key.sub(GONE, text))
    text = _random.sub(lambda found: found[0] if _is_name(found[0]) else GONE, text)
    text = _v4.sub(lambda found: network_of(found[0]), text)
    return _v6.sub(lambda found: network_of(found[0]), text)


def without_words(text: str) -> str:
    """Return an error's text without what stands in quotes, which may be what somebody wrote; scrubbed."""
    return scrubbed(_quoted.sub("'…'", _detail.sub("", text[:MAX_CHARACTERS])).strip())


def network_of(address: str) -> str:
    """Return an address's network, /24 or /48; what is no address as it stands, our own machine's whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.is_loopback or found.is_unspecified:
        return address
    prefix = V4_PREFIX if found.version == 4 else V6_PREFIX  # noqa: PLR2004  (the protocol)
    return str(ipaddress.ip_network((found, prefix), strict=False))
