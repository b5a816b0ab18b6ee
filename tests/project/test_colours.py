"""The admin's colours: those of the pages."""

import re
from pathlib import Path

import pytest

from perfsite.colours import ADMIN_COLOURS

TOKENS = (Path(__file__).resolve().parents[2] / "static/chat/tokens.css").read_text()


@pytest.mark.parametrize(
    ("token", "scale", "light", "dark"),
    [
        ("accent", "primary", "600", "400"),
        ("accent-strong", "primary", "700", "300"),
        ("side", "base", "50", "950"),
        ("line", "base", "200", "800"),
    ],
)
def test_the_admin_has_the_pages_colours(token: str, scale: str, light: str, dark: str) -> None:
    found = re.search(rf"--{token}: light-dark\((#\w+), (#\w+)\)", TOKENS)
    assert found
    assert found.groups() == (ADMIN_COLOURS[scale][light], ADMIN_COLOURS[scale][dark])
