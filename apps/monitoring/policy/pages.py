"""What staff may turn in the performance pages."""

from urllib.parse import urlsplit

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

MAX_CHARACTERS = 300


@policy
class PagesPolicy(Policy):
    """Where the performance pages lead to."""

    jaeger_url: str = knob(
        "", minimum=0, maximum=MAX_CHARACTERS, effect="With the next page.",
        help="Where Jaeger's pages are, as https://jaeger.example.org: a trace leads there. Empty for nowhere.",
    )  # fmt: skip

    def check(self) -> None:
        """Raise PolicyError for what is no address of the web."""
        if self.jaeger_url and not _is_web(self.jaeger_url):
            raise PolicyError("jaeger_url", "must begin with https:// or http:// and a host.")


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


PAGES = declare(PagesPolicy, name="monitor_pages", title="Monitoring: pages")
