"""One process that sends into a conversation as fast as it can: python -m tests.stack.sender CONVERSATION USER COUNT.

It says "ready" and waits for a line, so that many of them begin together; then prints each message it was answered.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")


def main() -> None:
    """Send COUNT messages, one after the other."""
    import django

    django.setup()
    from apps.chat.services.messages import send_message

    conversation_id, user_id, count = map(int, sys.argv[1:])
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        text = f"{os.getpid()} sends {number}"
        sent = send_message(
            user_id=user_id, conversation_id=conversation_id, text=text, client_id=f"{os.getpid()}-{number}"
        )
        print(sent.message.sequence, flush=True)


if __name__ == "__main__":
    main()
