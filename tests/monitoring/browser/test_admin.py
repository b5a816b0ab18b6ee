"""Poor pages and feedback in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.chat.models import User
from apps.monitoring.models import Feedback, PageMeasurement


@pytest.mark.parametrize("kind", ["feedback", "pagemeasurement"])
def test_staff_read_what_was_told_and_change_nothing(db: Any, ann: User, kind: str) -> None:
    PageMeasurement.objects.create(at=timezone.now(), route="c/", kind="reload", lcp=9)
    Feedback.objects.create(at=timezone.now(), user=ann, route="c/", comment="It jumps", trace_id="ab" * 16)
    PageMeasurement.objects.create(at=timezone.now(), route="d/", kind="reload", lcp=9, trace_id="ab" * 16)
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="green tea at noon"))
    html = client.get(f"/admin/monitoring/{kind}/").content.decode()
    assert "c/" in html
    assert f'href="/performance/traces/{"ab" * 16}/"' in html
    assert client.get(f"/admin/monitoring/{kind}/add/").status_code == 403
