"""Prints the cookie of a signed-in session: `python -m benchmarks.edge_site.session`."""

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

user, _ = get_user_model().objects.get_or_create(username="bench")
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value)
