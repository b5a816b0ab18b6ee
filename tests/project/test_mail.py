"""Where alerts go, from the environment."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from perfsite.env import Environment
from perfsite.mail import is_address, mail_settings, mail_url, webhook

KEY = "c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9yIHRlc3Rz"


def configured(url: str) -> dict[str, Any]:
    return mail_settings(mail_url(Environment({"EMAIL_URL": url})))


def test_the_scheme_says_how_the_way_is_encrypted_and_which_port_it_is() -> None:
    found = {
        url: (made["EMAIL_PORT"], made["EMAIL_USE_TLS"], made["EMAIL_USE_SSL"])
        for url in ("smtp://m.example", "smtp+tls://m.example", "smtps://m.example", "smtp://m.example:2525")
        for made in [configured(url)]
    }
    assert list(found.values()) == [(25, False, False), (587, True, False), (465, False, True), (2525, False, False)]


def test_user_and_password_are_percent_decoded() -> None:
    made = configured("smtp+tls://ann%40chat:p%23ss@m.example")
    assert (made["EMAIL_HOST"], made["EMAIL_HOST_USER"], made["EMAIL_HOST_PASSWORD"]) == (
        "m.example",
        "ann@chat",
        "p#ss",
    )


def test_without_a_server_django_is_told_nothing() -> None:
    assert mail_settings(mail_url(Environment({}))) == {}


@pytest.mark.parametrize("url", ["smtp://", "smtp://m.example/path", "smtp://m.example?tls=1", "http://m.example"])
def test_a_url_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        configured(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        configured("smtp://ann:secret@m.example/path")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", [KEY, f"whsec_{KEY}"])
def test_a_webhook_has_a_url_and_a_key(key: str) -> None:
    env = Environment({"ALERT_WEBHOOK_URL": "https://hooks.example/1", "ALERT_WEBHOOK_KEY": key})
    assert webhook(env) == ("https://hooks.example/1", key)
    assert webhook(Environment({})) == ("", "")


@pytest.mark.parametrize("key", ["", "c2hvcnQ=", "no base64 at all, however long it is"])
def test_a_webhook_without_a_good_key_is_refused_and_the_key_not_shown(key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALERT_WEBHOOK_KEY: '\\*\\*\\*' is not 24 bytes"):
        webhook(Environment({"ALERT_WEBHOOK_URL": "https://hooks.example/1", "ALERT_WEBHOOK_KEY": key}))


def test_addresses_have_two_parts() -> None:
    assert [is_address(text) for text in ("ann@chat", "ann", "a@b@c", "ann @chat")] == [True, False, False, False]
