"""What whoever writes a reply is told over the bus, wherever they are. An order that is lost is given again:
a stop is in the database as well, and who lacks words asks once more.
"""

from apps.backplane.current import bus

REPLIES = "chat.replies"  # {order, reply}
STOP, TELL = "stop", "tell"


def order_stop(reply_id: int) -> None:
    """Have the reply stop. Does not block."""
    bus().publish(REPLIES, {"order": STOP, "reply": reply_id})


def order_tell(reply_id: int) -> None:
    """Have the reply told to everybody from its beginning. Does not block."""
    bus().publish(REPLIES, {"order": TELL, "reply": reply_id})
