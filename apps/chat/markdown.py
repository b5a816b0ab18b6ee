"""Markdown to safe HTML, once, when a text is stored."""

import re
from functools import lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# The parser and some lexers take quadratic time on hostile text; past these bounds text is shown as it is.
MARKDOWN_MAX_CHARACTERS = 20_000
HIGHLIGHT_MAX_CHARACTERS = 6_000
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}}
# Words and the marks between them that mean nothing to Markdown wherever they stand.
PLAIN = re.compile(
    r"[^\W\d_](?:[^\W_]|[ ,;'\"()?!%$=/\u00a1-\u00bf\u2018-\u201d\u2026]|\.(?= |$)|:(?=[ )(]|$)|-(?=\w))*"
)


def rendered(text: str) -> str:
    """Return the text as sanitised HTML. CPU-bound: about 3 µs for a plain line, milliseconds for long Markdown."""
    if PLAIN.fullmatch(text) and "  " not in text and not text.endswith(" "):
        return f"<p>{escape(text, quote=False)}</p>\n"
    if len(text) > MARKDOWN_MAX_CHARACTERS:
        return f"<pre><code>{escape(text, quote=False)}</code></pre>\n"
    return rendered_markdown(text)


def rendered_markdown(text: str) -> str:
    """Return any text as sanitised HTML by the full path."""
    html: str = _markdown().render(text)
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    """The parser: CommonMark without raw HTML or images, with tables, strikethrough, bare links and line breaks."""
    options = {"html": False, "linkify": True, "breaks": True, "highlight": _highlighted, "maxNesting": 20}
    parser = MarkdownIt("commonmark", options)
    return parser.enable(["table", "strikethrough", "linkify"]).disable("image")


def _highlighted(code: str, language: str, _attributes: str) -> str:
    lexer = _lexer(language.lower())
    if lexer is None or len(code) > HIGHLIGHT_MAX_CHARACTERS:
        return ""
    return highlight(code, lexer, HtmlFormatter(nowrap=True))


@lru_cache(maxsize=256)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        return None
