"""docs/configuration.md against the source, and settings against wrong environments."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.project.variables import PROJECT, names_in, variables_read
from tests.servers.site import MANAGE, clean_environment

ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
SHOW = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall((PROJECT / "docs" / "configuration.md").read_text())


def started(data_dir: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = clean_environment(**{"DATA_DIR": str(data_dir), **variables})
    return subprocess.run([*command], check=False, env=env, cwd=PROJECT, capture_output=True, text=True, timeout=120)


def setting(data_dir: Path, *names: str, **variables: str) -> dict[str, Any]:
    env = {"DJANGO_SETTINGS_MODULE": "perfsite.settings", **variables}
    result = started(data_dir, sys.executable, "-c", SHOW, *names, **env)
    assert result.returncode == 0, result.stderr
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    documented = [name for name, _, _ in rows()]
    assert sorted(documented) == sorted(variables_read())


def test_every_variable_says_what_it_means() -> None:
    assert all(len(meaning.split()) >= 3 and default.strip() for _, default, meaning in rows())


def test_no_module_reads_the_environment_around_the_settings() -> None:
    readers = [
        path.relative_to(PROJECT).as_posix()
        for folder in ("apps", "perfsite")
        for path in (PROJECT / folder).rglob("*.py")
        if re.search(r"os\.(environ(?!\.setdefault\(\"DJANGO_SETTINGS_MODULE)|getenv)", path.read_text())
    ]
    assert readers == ["perfsite/settings.py"]


def test_names_are_found_in_the_source() -> None:
    assert set(names_in('env.text("A"); env.flag("B", default=True); other.text("C"); env.items("D")')) == {
        "A",
        "B",
        "D",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("HTTPS", "tls"),
        ("LOG_FORMAT", "pretty"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("PORT", "80000"),
        ("REQUEST_TIMEOUT_SECONDS", "0"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("CSRF_TRUSTED_ORIGINS", "chat.example"),
        ("DATABASE_URL", "mysql://localhost/chat"),
        ("DATABASE_CONNECTION_LIMIT", "1"),
        ("DATABASE_TIMEOUT", "10s"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_PORT", "6379"),
        ("CELERY_BROKER_URL", "localhost"),
        ("CHAT_IMPORT_MAX_MEGABYTES", "-5"),
        ("ASSISTANT_BASE_URL", "api.example/v1"),
        ("ASSISTANT_API_KEY", "a key without an endpoint"),
        ("DATA_DIR", "/dev/null/data"),
        ("CACHE_KEYS", "long enough to be a key,short"),
        ("EMAIL_URL", "mail.example"),
        ("ALERT_RECIPIENTS", "staff@chat.example"),
        ("ALERT_WEBHOOK_KEY", "a key without a webhook"),
    ],
)
def test_a_wrong_value_stops_the_start_in_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    result = started(tmp_path, *MANAGE, "check", **{name: value})
    assert result.returncode == 1
    assert re.fullmatch(rf"perfsite does not start: {name}\b.*\n", result.stderr)


def test_a_wrong_secret_is_not_shown(tmp_path: Path) -> None:
    result = started(tmp_path, *MANAGE, "check", CACHE_KEYS="too short")
    assert "CACHE_KEYS: '***' is not 16 characters or more." in result.stderr


def test_without_variables_production_defaults_hold(tmp_path: Path) -> None:
    found = setting(
        tmp_path,
        "DEBUG",
        "HTTPS",
        "SESSION_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "DEMO_PASSWORD",
        HTTPS="",
        DEMO_PASSWORD="",
    )
    assert found == {
        "DEBUG": False,
        "HTTPS": True,
        "SESSION_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "DEMO_PASSWORD": "",
    }


def test_debug_turns_https_off_unless_it_is_set(tmp_path: Path) -> None:
    assert setting(tmp_path, "HTTPS", HTTPS="", DEBUG="on") == {"HTTPS": False}
    assert setting(tmp_path, "HTTPS", HTTPS="on", DEBUG="on") == {"HTTPS": True}


def test_https_off_asks_browsers_for_nothing(tmp_path: Path) -> None:
    found = setting(
        tmp_path, "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"
    )
    assert not any(found.values())


def test_the_secret_key_is_made_once_and_a_set_one_wins(tmp_path: Path) -> None:
    first = setting(tmp_path, "SECRET_KEY")
    assert setting(tmp_path, "SECRET_KEY") == first
    assert first["SECRET_KEY"] == (tmp_path / "secret_key").read_text()
    assert setting(tmp_path, "SECRET_KEY", SECRET_KEY="mine") == {"SECRET_KEY": "mine"}


def test_the_data_directory_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "50% of #1? données"
    assert setting(odd, "DATABASES")["DATABASES"]["default"]["NAME"] == str(odd / "perfsite.sqlite3")


def test_redis_and_a_broker_take_over_cache_sockets_and_tasks(tmp_path: Path) -> None:
    found = setting(
        tmp_path,
        "REDIS_URL",
        "CHANNEL_LAYERS",
        "CELERY_IN_PROCESS",
        REDIS_URL="redis://h/1",
        CELERY_BROKER_URL="redis://h/2",
    )
    assert found["REDIS_URL"] == "redis://h/1"
    assert found["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"] == ["redis://h/1"]
    assert found["CELERY_IN_PROCESS"] is False


@pytest.mark.parametrize("command", ["help", "check"])
def test_commands_work_without_any_variable(tmp_path: Path, command: str) -> None:
    assert started(tmp_path, *MANAGE, command).returncode == 0
