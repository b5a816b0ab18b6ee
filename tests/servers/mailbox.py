"""A real mail server that keeps what it is sent: SMTP as far as a client of alerts goes."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """What was sent, each with its recipients; `refusal` is what is answered to the next ones instead."""

    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refusal: str = ""

    @property
    def url(self) -> str:
        """The EMAIL_URL to configure."""
        return f"smtp://127.0.0.1:{self.port}"


class Conversation(socketserver.StreamRequestHandler):
    """One connection, command by command."""

    mailbox: Mailbox

    def handle(self) -> None:
        """Answer until the client is done."""
        self.recipients: list[str] = []
        self.say("220 mailbox")
        while line := self.rfile.readline():
            verb = line.split()[0].decode().upper()
            if verb == "RCPT":
                self.recipients.append(line.decode().partition("<")[2].partition(">")[0])
            if verb == "DATA":
                self.take()
            else:
                self.say({"EHLO": "250 mailbox", "QUIT": "221 bye"}.get(verb, "250 ok"))
            if verb == "QUIT":
                return

    def take(self) -> None:
        """Take a mail to its end, or refuse it."""
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        if self.mailbox.refusal:
            self.say(self.mailbox.refusal)
            return
        self.mailbox.mails.append((self.recipients, mail))
        self.recipients = []
        self.say("250 kept")

    def say(self, line: str) -> None:
        """Send a line."""
        self.wfile.write(line.encode() + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """On a free port."""

    allow_reuse_address = daemon_threads = True


@contextmanager
def running_mailbox(port: int = 0) -> Iterator[Mailbox]:
    """Yield a mailbox that takes mail."""
    mailbox = Mailbox()
    handler = type("Handler", (Conversation,), {"mailbox": mailbox})
    with Server(("127.0.0.1", port), handler) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()
