"""The typed environment: a wrong value is refused by the variable's name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from perfsite.env import Environment, hidden, is_host, is_network, is_origin


def env(**variables: str) -> Environment:
    return Environment(variables)


@pytest.mark.parametrize("word", ["1", "on", "true", "YES", " On "])
def test_flag_understands_on(word: str) -> None:
    assert env(DEBUG=word).flag("DEBUG", default=False) is True


@pytest.mark.parametrize("word", ["0", "off", "false", "No"])
def test_flag_understands_off(word: str) -> None:
    assert env(DEBUG=word).flag("DEBUG", default=True) is False


@pytest.mark.parametrize("default", [True, False])
def test_an_empty_variable_counts_as_not_set(default: bool) -> None:
    empty = env(DEBUG=" ", PORT="", DATABASE_URL="", ALLOWED_HOSTS=" , ")
    assert empty.flag("DEBUG", default=default) is default
    assert empty.integer("PORT", 8000, minimum=1, maximum=65535) == 8000
    assert empty.url("DATABASE_URL", schemes=("sqlite",)) is None
    assert empty.items("ALLOWED_HOSTS", ("localhost",)) == ["localhost"]


def test_a_flag_that_is_no_switch_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DEBUG: 'perhaps' is not on or off"):
        env(DEBUG="perhaps").flag("DEBUG", default=False)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "8e3", "1_000", "٣", "9" * 400, "8000;"])
def test_a_number_outside_its_bounds_is_refused_by_name(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^PORT: .* is not a whole number from 1 to 65535"):
        env(PORT=value).integer("PORT", 8000, minimum=1, maximum=65535)


@pytest.mark.parametrize("value", ["mysql://host/db", "host:5432", "postgresql://host:port/db", "postgresql://[::1/db"])
def test_a_url_that_is_none_is_refused_by_name(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL: "):
        env(DATABASE_URL=value).url("DATABASE_URL", schemes=("sqlite", "postgresql"))


@pytest.mark.parametrize("value", ["http:///v1", "http:localhost:1234/v1", "https://:8080/v1", "localhost:1234/v1"])
def test_an_address_without_a_host_is_refused_by_name(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^ASSISTANT_BASE_URL: "):
        env(ASSISTANT_BASE_URL=value).url("ASSISTANT_BASE_URL", schemes=("http", "https"))


def test_a_refused_url_keeps_its_password_to_itself() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env(REDIS_URL="http://:s3cret@cache:6379").url("REDIS_URL", schemes=("redis",))
    assert "s3cret" not in str(refusal.value)
    assert hidden("redis://cache:6379") == "redis://cache:6379"


def test_items_come_without_blanks() -> None:
    assert env(ALLOWED_HOSTS=" a.example , ,b.example").items("ALLOWED_HOSTS") == ["a.example", "b.example"]


def test_a_wrong_item_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^TRUSTED_PROXIES: 'proxy' is not an IP address"):
        env(TRUSTED_PROXIES="::1,proxy").items("TRUSTED_PROXIES", valid=is_network, expected="an IP address")


def test_what_says_the_same_twice_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL and REDIS_HOST"):
        env(REDIS_URL="redis://a", REDIS_HOST="b").contradiction("REDIS_URL", "REDIS_PORT", "REDIS_HOST")


def test_what_needs_another_variable_is_refused_alone() -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_PORT is set without REDIS_HOST"):
        env(REDIS_PORT="1").requires("REDIS_PORT", "REDIS_HOST")


@pytest.mark.parametrize(
    ("text", "valid"),
    [("https://chat.example", True), ("http://127.0.0.1:8000", True), ("chat.example", False), ("https://a/b", False)],
)
def test_an_origin_is_a_scheme_and_a_host(text: str, valid: bool) -> None:
    assert is_origin(text) is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("chat.example", True),
        (".chat.example", True),
        ("[::1]", True),
        ("127.0.0.1", True),
        ("*", True),
        ("http://chat.example", False),
        ("chat.example:8000", False),
        ("chat example", False),
    ],
)
def test_a_host_has_neither_scheme_nor_port(text: str, valid: bool) -> None:
    assert is_host(text) is valid
