"""Bounds of live delivery that staff do not turn; those they do are in apps/chat/policy/sockets.py."""

REPLAY_MAX_EVENTS = 500  # more that was missed is read over HTTP, page by page
REPLAY_MAX_BYTES = 256 * 1024
AHEAD_MAX_EVENTS = 1_000  # events kept that arrived before their predecessors
PENDING_MAX_EVENTS = 1_000  # events kept for a socket that is being checked
PUBLISHED_MAX_BYTES = 64 * 1024  # a larger message is read from the database by whoever needs it
PREVIEW_CHARACTERS = 120

GAP_SECONDS = 0.02  # processes publish in nearly the order in which they commit; what comes late is worth a moment
TICK_SECONDS = 0.5
POLL_SECONDS = 5.0
SWEEP_SECONDS = 60.0  # how often the poll looks at all conversations even when the bus lost nothing
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 5.0
ENDED_SECONDS = 60.0  # how long a session that was signed out is remembered: its row may go a moment later

DATABASE_THREADS = 2
WRITE_THREADS = 2

PRESENCE_MAX_USERS = 100  # shown by name; of more only the number is
PRESENCE_ANNOUNCED = 200  # conversations per message on the bus
TYPING_REPEAT_SECONDS = 2.0

REFUSALS_BEFORE_CLOSE = 100

# Why a socket was closed. Clients know these numbers.
SIGNED_OUT = 4401
WRONG_ORIGIN = 4403
RESUME = 4408
TOO_MUCH = 4429
TOO_LARGE = 1009
FAILED = 1011
UNAVAILABLE = 1013
JOIN_ATTEMPTS = 5
