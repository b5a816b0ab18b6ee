"""Redis stops: the page says that messages may be late for as long as it lasts, and the chat goes on."""

from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.chat.conftest import PASSWORD, SIGN_UP, signed_in
from tests.servers.redis import running_redis
from tests.servers.site import running_site


def test_the_loss_of_live_delivery_is_shown_while_it_lasts(browsers: dict[str, Browser], tmp_path: Path) -> None:
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis())
        site = stack.enter_context(running_site(tmp_path, REDIS_URL=redis.url()))
        site.manage("shell", "-c", SIGN_UP.format("ada", PASSWORD))
        context = browsers["chromium"].new_context()
        stack.callback(context.close)
        desk = signed_in(context.new_page(), site, "ada")
        desk.start_conversation()
        desk.wait_live()
        redis.process.kill()
        status = desk.page.locator("#status")
        expect(status.locator("[data-text]")).to_have_text("Messages may come up to 5 s late.")
        assert desk.send("Still here").is_visible()
        stack.enter_context(running_redis(port=redis.port))
        expect(status).to_be_hidden()
