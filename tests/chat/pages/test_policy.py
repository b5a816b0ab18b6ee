"""Every page under the strict policy: nothing inline, no outside source, modules the browser is told of in time."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.people import said

STATIC = Path(settings.BASE_DIR) / "static"
PATHS = (
    "/accounts/login/", "/accounts/signup/", "/conversations/", "/conversations/new/", "/c/{0}/", "/c/{0}/details/",
    "/c/{0}/leave/", "/c/{0}/delete/", "/search/", "/search/?q=number", "/imports/", "/account/", "/nowhere/",
)  # fmt: skip
IMPORT = re.compile(r'^import .*?"(\.[\w./-]+\.js)";$', re.MULTILINE)


class Inline(HTMLParser):
    """Collects what a strict policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note inline styles, scripts, handlers, and loads from elsewhere."""
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        address = names.get("src") or (names.get("href") if tag == "link" else "") or ""
        if address and not address.startswith("/static/"):
            self.found.append(address)


@pytest.fixture
def pages(where: ConversationRecord, ann: User, as_ann: Client, client: Client) -> dict[str, str]:
    """Every page's HTML by its path."""
    said(ann, where, '```python\nprint("x")\n```', "<b onclick='x()' style='color:red'>bold</b><script>x()</script>")
    found = {}
    for template in PATHS:
        path = template.format(where.id)
        browser = client if path.startswith("/accounts/") else as_ann
        response = browser.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        assert "script-src 'self'; style-src 'self'" in policy, path
        found[path] = response.content.decode()
    return found


def test_no_page_holds_anything_inline_or_from_elsewhere(pages: dict[str, str]) -> None:
    found = {}
    for path, page in pages.items():
        parser = Inline()
        parser.feed(page)
        found[path] = parser.found
    assert found == {path: [] for path in pages}


def test_every_page_names_itself(pages: dict[str, str]) -> None:
    titles = {path: page.split("<title>")[1].split("</title>")[0] for path, page in pages.items()}
    assert all(title.endswith("· perfsite") for title in titles.values()), titles


def test_a_missing_page_has_our_look(pages: dict[str, str]) -> None:
    assert "Back to the chat" in pages["/nowhere/"]


def reached(module: Path, known: set[Path]) -> set[Path]:
    """Return the modules a module imports, directly or not, beside those known."""
    for name in IMPORT.findall(module.read_text()):
        imported = (module.parent / name).resolve()
        if imported not in known:
            known |= reached(imported, known | {imported})
    return known


def test_the_chat_page_names_all_of_its_modules_so_that_they_load_at_once(pages: dict[str, str]) -> None:
    chat = next(page for path, page in pages.items() if re.fullmatch(r"/c/\d+/", path))
    named = set(re.findall(r'rel="modulepreload" href="/static/([\w/-]+)\.[0-9a-f]+\.js"', chat))
    needed = reached(STATIC / "chat" / "chat.js", set()) | reached(STATIC / "monitoring" / "page.js", set())
    assert named == {str(path.relative_to(STATIC)).removesuffix(".js") for path in needed}
