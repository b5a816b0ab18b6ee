"""The pages' colours (static/chat/tokens.css) as the admin's scales, so that both look like one site."""

_STEPS = ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950")


def _scale(*colours: str) -> dict[str, str]:
    return dict(zip(_STEPS, colours, strict=True))


# Greys with a breath of green: 50 and 950 lie beneath the page, 900 is dark's paper, 500 and 400 are soft ink.
_BASE = _scale(
    "#f4f6f3", "#edf0eb", "#e0e5df", "#c5cec8", "#9caba3", "#5f6c65",
    "#49554e", "#36413b", "#2a332f", "#151a18", "#101412"
)  # fmt: skip
# 600 is the accent in light, where it carries white text; 500 is for links on dark paper.
_PRIMARY = _scale(
    "#f0f8f4", "#e1f1ea", "#bfe3d4", "#7ddcbb", "#58c9a3", "#35ab86",
    "#0b6a52", "#084f3d", "#073f31", "#063126", "#06211a"
)  # fmt: skip

ADMIN_COLOURS = {"base": _BASE, "primary": _PRIMARY}
