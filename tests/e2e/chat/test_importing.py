"""Importing by the page: the upload, its progress, what was refused, and the conversations it brought."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.desk import Desk

HEAD = "conversation,author,role,sent_at,text\n"


@pytest.fixture
def small_file(tmp_path: Path, browser_name: str) -> Path:
    """Two good rows of a new conversation and one with a role nobody knows."""
    path = tmp_path / "tea.csv"
    rows = [
        f"Tea in {browser_name},ada,user,2026-03-01T08:00:00Z,Green or black?",
        f"Tea in {browser_name},Marie,user,2026-03-01T08:01:00Z,Green",
        f"Tea in {browser_name},Emmy,pilot,2026-03-01T08:02:00Z,Neither",
    ]
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


def test_a_file_is_imported_with_its_refused_rows_told(desk: Desk, small_file: Path, browser_name: str) -> None:
    desk.open("/imports/")
    desk.page.get_by_label("Choose a file").set_input_files(small_file)
    desk.page.get_by_role("button", name="Import", exact=True).click()
    card = desk.page.locator(".import").first
    expect(card).to_have_attribute("data-state", "finished")
    expect(card).to_contain_text("2 imported")
    expect(card).to_contain_text("1 refused")
    card.get_by_text("Refused rows").click()
    expect(card.locator("li")).to_contain_text("Line 4")
    desk.open_titled(f"Tea in {browser_name}")
    expect(desk.messages.locator("[data-body]")).to_have_text(["Green or black?", "Green"])


def test_a_large_file_shows_how_far_it_is(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    row = "Large {0},ada,user,2026-03-01T08:00:00Z,Row {0}\n"
    path.write_text(HEAD + "".join(row.format(number) for number in range(6000)))
    desk.open("/imports/")
    desk.page.get_by_label("Choose a file").set_input_files(path)
    desk.page.get_by_label("Only check it").check()
    desk.page.get_by_role("button", name="Import", exact=True).click()
    card = desk.page.locator(".import").first
    expect(card.get_by_role("progressbar")).to_be_visible()
    expect(card).to_have_attribute("data-state", "finished", timeout=30_000)
    expect(card).to_contain_text("6,000 would come in")


def test_an_empty_file_is_refused_beside_the_field(desk: Desk, tmp_path: Path, browser_errors: list[str]) -> None:
    path = tmp_path / "nothing.csv"
    path.touch()
    desk.open("/imports/")
    desk.page.get_by_label("Choose a file").set_input_files(path)
    desk.page.get_by_role("button", name="Import", exact=True).click()
    expect(desk.page.locator("#file-error")).to_have_text("File is empty.")
    expect(desk.page.locator(".import").filter(has_text="nothing.csv")).to_have_count(0)
    browser_errors.clear()  # the browser reports the refusal's status
