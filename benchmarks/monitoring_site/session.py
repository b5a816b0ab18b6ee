"""Prints a session's cookie and a conversation: `python -m benchmarks.monitoring_site.session`."""

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

from apps.chat.services.conversations import create_conversation  # noqa: E402
from apps.chat.services.messages import send_message  # noqa: E402

user, _ = get_user_model().objects.get_or_create(username="bench")
conversation = create_conversation(user_id=user.pk, title="Bench")
for number in range(50):
    send_message(user_id=user.pk, conversation_id=conversation.id, text=f"Message {number}. " + "It is not far. " * 8)
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value, conversation.id)
