"""The assistant's endpoint is down: the page says so and offers another try, and the answer comes by itself."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.chat.conftest import PASSWORD, PEOPLE, SIGN_UP, session_of
from tests.e2e.chat.desk import Desk
from tests.e2e.conftest import opened, watch
from tests.servers.assistant import Assistant, running_assistant
from tests.servers.site import Site, running_site

NOTICE = "The assistant cannot be reached now. It will answer when it is back."


@pytest.fixture
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An endpoint that the test stops and starts."""
    with running_assistant(tmp_path_factory.mktemp("assistant")) as endpoint:
        yield endpoint


@pytest.fixture
def site(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The embedded default, with that endpoint."""
    with running_site(tmp_path_factory.mktemp("site"), ASSISTANT_BASE_URL=assistant.url) as running:
        running.manage("shell", "-c", "; ".join(SIGN_UP.format(name, PASSWORD) for name in PEOPLE))
        yield running


def test_question_to_an_assistant_that_is_down_is_answered_without_a_reload_when_it_is_back(
    assistant: Assistant, site: Site, browsers: dict[str, Browser], browser_errors: list[str]
) -> None:
    with ExitStack() as stack:
        cookies = session_of(browsers["chromium"], site, "ada")
        page = opened(stack, browsers["chromium"], {"storage_state": cookies}).new_page()
        watch(page, browser_errors)
        page.goto(f"{site.url}/conversations/")
        ada = Desk(page=page, url=site.url)
        made = ada.call("POST", "/api/conversations", title="Tea", has_assistant=True)
        ada.open(f"/c/{made['id']}/")
        ada.wait_live()
        assistant.stop()
        ada.send("Which tea?")
        problem = page.locator("#problem")
        expect(problem).to_contain_text(NOTICE)
        page.reload()
        ada.wait_live()
        expect(problem).to_contain_text(NOTICE)
        expect(problem.get_by_role("button", name="Ask the assistant")).to_have_count(0)
        page.evaluate("window.isSamePage = true")
        problem.get_by_role("button", name="Try again").click()
        expect(problem).to_contain_text(NOTICE)
        assistant.start()
        expect(ada.messages).to_have_count(2)
        expect(problem).to_be_hidden()
        assert page.evaluate("window.isSamePage") is True
        assert assistant.stats()["fine"] == 1
