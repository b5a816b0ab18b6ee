"""Somebody who uses the site during a drill, as a browser would: over HTTP and a socket."""

import json
import time
import urllib.request
from contextlib import suppress
from email.message import Message
from threading import Event
from typing import Any
from urllib.error import HTTPError

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from apps.chat.drill.crew import Member
from apps.chat.drill.record import Record, Sample

CSRF = "d" * 32
TIMEOUT_SECONDS = 30.0
PACE_SECONDS = 0.5
ROUNDS_PER_MESSAGE = 4
LISTEN_SECONDS = 0.2


class Visitor:
    """Two threads: one reads, writes and asks, the other listens. Both end when the event is set."""

    def __init__(self, member: Member, url: str, record: Record, *, has_questions: bool) -> None:
        self._member, self._url, self._record, self._has_questions = member, url, record, has_questions
        self._path = f"/api/conversations/{member.conversation}"
        self._headers = {
            "Cookie": f"sessionid={member.session}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
            "Referer": f"{url}/",
        }
        self._question = 0  # the number of the message that is to be answered
        self._told = ""

    def visit(self, is_over: Event, is_quiet: Event) -> None:
        """Go on until it is over; with `is_quiet` nothing new is said, only what is missing is waited for."""
        rounds = 0
        while not is_over.is_set():
            if rounds % ROUNDS_PER_MESSAGE == 0 and not is_quiet.is_set() and not self._question:
                self._say(f"Round {rounds} of the drill")
            self.read()
            if self._has_questions:
                self._look_for_reply()
            rounds += 1
            is_over.wait(PACE_SECONDS)

    def listen(self, is_over: Event) -> None:
        """Note what the socket tells of degradation; one that breaks off is opened again."""
        address = self._url.replace("http", "ws", 1) + "/ws/chat/"
        while not is_over.is_set():
            with suppress(OSError, WebSocketException), self._connected(address) as socket:
                while not is_over.is_set():
                    with suppress(TimeoutError):
                        self._hear(json.loads(socket.recv(timeout=LISTEN_SECONDS)))
            is_over.wait(LISTEN_SECONDS)

    def _connected(self, address: str) -> ClientConnection:
        return connect(address, origin=Origin(self._url), additional_headers={"Cookie": self._headers["Cookie"]})

    def read(self) -> Any:
        """Read the history, as a reload does."""
        return self._asked("GET", "/messages")[1]

    def _say(self, text: str) -> None:
        status, answer, _ = self._asked("POST", "/messages", {"text": text})
        if self._has_questions and status == 201:  # noqa: PLR2004  (created)
            self._question = answer["sequence"]
            self._record.asked(self._member.conversation)

    def _look_for_reply(self) -> None:
        status, reply, headers = self._asked("GET", "/reply")
        if status != 200:  # noqa: PLR2004  (there is none yet, or no answer)
            return
        self._record.tell(self._member.name, is_degraded="Degraded" in headers)
        problem = (reply["error"] or {}).get("detail", "")
        if problem and problem != self._told:
            self._record.read(problem)
        self._told = problem
        if reply["state"] == "ended" and reply["error"]:
            self._asked("POST", "/reply")  # as somebody who clicks "Try again"
        elif reply["state"] == "ended" and reply["message"] and self._question:
            self._question = 0
            self._record.replied(self._member.conversation)

    def _hear(self, event: dict[str, Any]) -> None:
        is_degraded = event["type"] == "degraded"
        if is_degraded or event["type"] == "restored":
            self._record.tell(f"{self._member.name}'s socket", is_degraded=is_degraded)
        if is_degraded:
            self._record.read(event["detail"])

    def _asked(self, method: str, path: str, body: Any = None) -> tuple[int, Any, Any]:
        """Return status, document and headers; 0 for no answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + self._path + path, data, self._headers, method=method)  # noqa: S310  (checked by the command)
        at, began = self._record.clock(), time.monotonic()
        status, document, headers = 0, None, Message()
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  (as above)
                status, document, headers = answer.status, json.load(answer), answer.headers
        except HTTPError as error:
            with error:
                status, document = error.code, json.loads(error.read() or b"null")
        except OSError:
            status = 0
        self._record.note(Sample(at=at, seconds=time.monotonic() - began, status=status))
        return status, document, headers
