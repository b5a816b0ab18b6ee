"""Events as pages show them at once: told to every web process, which puts them into its next second."""

from collections.abc import Mapping

import orjson

from apps.backplane.current import bus

EVENTS = "monitoring.events"
EVENT_MAX_BYTES = 4_096
Event = Mapping[str, str | int | float | bool | None]


def announce(event: Event) -> bool:
    """Show an event to whoever watches, within two seconds; return False, and show none, where it is over 4 KB.

    It is not kept here: who keeps it announces it after the commit. Does not block; raises TypeError for what is no
    JSON.
    """
    if len(orjson.dumps(event)) > EVENT_MAX_BYTES:
        return False
    bus().publish(EVENTS, dict(event))
    return True
