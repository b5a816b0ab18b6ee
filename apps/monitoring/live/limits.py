"""Bounds of the live socket, and what its closings mean."""

WATCHERS_MAX = 200  # in each process
CHARTS_MAX = 32  # of one socket
REQUEST_MAX_BYTES = 4_096
REQUESTS_PER_SECOND, REQUESTS_BURST = 5.0, 20
NOTES_MAX = 4  # answers that wait for one socket

TURN_SECONDS = 1.0
KEPT_SECONDS = 300  # what a new watcher sees of the time before, where others watched
UNWATCHED_SECONDS = 60.0  # how long that is kept when they leave
EVENTS_MAX = 100
ANNOUNCE_SECONDS = 2.0  # how often processes are told that somebody watches
WATCHED_SECONDS = 6.0  # how long they believe it
WATCHING_PROCESSES_MAX = 100
METRICS_MAX = 200

GROWTH_MAX_BYTES = 256 * 1024  # of one process in one second
PROCESSES_MAX = 64
PENDING_MAX = 3  # seconds of one process that wait for the next turn
SILENT_SECONDS = 3.0  # then a process that said nothing is left out

CHECK_SECONDS = 5.0  # how often the database is asked who is still signed in as staff
HEARTBEAT_SECONDS = 20.0
BLOCKED_SECONDS = 10.0  # a browser that takes nothing for so long is left alone
CLOSE_SECONDS = 5.0

# As those of the chat's socket (apps/chat/live/limits.py), which clients know.
SIGNED_OUT = 4401
FORBIDDEN = 4403
BLOCKED = 4408
TOO_MUCH = 4429
TOO_LARGE = 1009
FAILED = 1011
UNAVAILABLE = 1013
