"""Settings: the only reader of the environment (docs/configuration.md lists every variable)."""

import os
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.templatetags.static import static

from perfsite.broker import IN_PROCESS, broker_options, broker_url
from perfsite.colours import ADMIN_COLOURS
from perfsite.database import database_entry
from perfsite.env import Environment, is_host, is_network, is_origin
from perfsite.mail import is_address, mail_settings, mail_url, webhook
from perfsite.redis import channel_host, redis_url
from perfsite.secrets import is_strong, kept_secret, made_data_dir
from perfsite.telemetry import one_of, otlp, resource

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
env = Environment(os.environ)

DATA_DIR = made_data_dir(Path(env.text("DATA_DIR", str(BASE_DIR / "var"))))
DEBUG = env.flag("DEBUG", default=False)
HTTPS = env.flag("HTTPS", default=not DEBUG)
SECRET_KEY = env.text("SECRET_KEY") or kept_secret(DATA_DIR / "secret_key")
CACHE_KEYS = env.items("CACHE_KEYS", valid=is_strong, expected="16 characters or more", is_secret=True)
ALLOWED_HOSTS = env.items(
    "ALLOWED_HOSTS",
    ("localhost", "127.0.0.1", "[::1]"),
    valid=is_host,
    expected="a host's name without scheme and port, as in chat.example",
)
CSRF_TRUSTED_ORIGINS = env.items(
    "CSRF_TRUSTED_ORIGINS", valid=is_origin, expected="an origin as in https://chat.example"
)

# Serving
PORT = env.integer("PORT", 8000, minimum=1, maximum=65535)
REQUEST_TIMEOUT_SECONDS = env.integer("REQUEST_TIMEOUT_SECONDS", 30, minimum=1, maximum=3600)
TRUSTED_PROXIES = env.items(
    "TRUSTED_PROXIES", ("127.0.0.1", "::1"), valid=is_network, expected="an IP address or a network"
)

# Stores
DATABASE_CONNECTION_LIMIT = env.integer("DATABASE_CONNECTION_LIMIT", 20, minimum=4, maximum=1000)
_database_url = env.url(
    "DATABASE_URL",
    schemes=("sqlite", "postgresql", "postgres"),
    default=f"sqlite:///{quote(str(DATA_DIR / 'perfsite.sqlite3'))}",
)
assert _database_url is not None  # noqa: S101  (it has a default)
DATABASES = {
    "default": database_entry(
        _database_url,
        connection_limit=DATABASE_CONNECTION_LIMIT,
        timeout_ms=env.integer("DATABASE_TIMEOUT", 10_000, minimum=100, maximum=600_000),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = redis_url(env)
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "apps.caching.backend.LevelledCache", "LOCATION": "default", "KEY_PREFIX": "perfsite"}
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [channel_host(REDIS_URL)], "prefix": "perfsite"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Tasks
CELERY_BROKER_URL = broker_url(env)
CELERY_IN_PROCESS = CELERY_BROKER_URL == IN_PROCESS
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ROUTES = {"chat.import_file": {"queue": "import"}}
CELERY_BEAT_SCHEDULE = {
    "warm the cache": {"task": "caching.warm", "schedule": 300.0},
    "roll up and prune snapshots": {"task": "monitoring.tend_snapshots", "schedule": 60.0},
    "look at the rules of alerts": {
        "task": "monitoring.alerts",
        "schedule": 15.0,
        "options": {"expires": 15.0},  # one that waited for a worker is followed by the next
    },
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: what is due follows from the intervals
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL)

# Django
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "ninja",
    "perfsite",
    "apps.tuning",
    "apps.deduplication",
    "apps.resilience",
    "apps.caching",
    "apps.chat",
    "apps.monitoring",
]
MIDDLEWARE = [
    "apps.monitoring.requests.VisitMiddleware",
    "apps.monitoring.tracing.django.ChosenMiddleware",
    "apps.caching.http.middleware.AnswersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "perfsite.csp.ContentSecurityPolicyMiddleware",
    "perfsite.degraded.DegradedMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "perfsite.urls"
ASGI_APPLICATION = "perfsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# Static files and uploads
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "perfsite.staticfiles.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = False
WHITENOISE_USE_FINDERS = False
MEDIA_ROOT = DATA_DIR / "uploads"
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Accounts
AUTH_USER_MODEL = "chat.User"
AUTHENTICATION_BACKENDS = ["apps.chat.backend.Backend"]
SESSION_ENGINE = "apps.caching.session_store"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "perfsite.errors.csrf_failure"

# Admin
UNFOLD = {
    "SITE_TITLE": "perfsite",
    "SITE_HEADER": "perfsite",
    "COLORS": ADMIN_COLOURS,
    "DASHBOARD_CALLBACK": "apps.monitoring.pages.dashboard.dashboard",
    "STYLES": [lambda _: static("monitoring/admin.css")],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("chat/favicon.svg")}],
}

# Transport security
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Resilience
CHAOS_ENABLED = env.flag("CHAOS_ENABLED", default=False)

# Monitoring
METRICS_TOKEN = env.text("METRICS_TOKEN")
_mail_url = mail_url(env)
IS_MAIL_SENT = _mail_url is not None
vars().update(mail_settings(_mail_url))  # Django's names, EMAIL_HOST and its like
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "perfsite@localhost")
ALERT_RECIPIENTS = env.items("ALERT_RECIPIENTS", valid=is_address, expected="an address as in staff@chat.example")
ALERT_WEBHOOK_URL, ALERT_WEBHOOK_KEY = webhook(env)

# Chat
CHAT_IMPORT_MAX_MEGABYTES = env.integer("CHAT_IMPORT_MAX_MEGABYTES", 200, minimum=1, maximum=100_000)
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "demo" if DEBUG else "")

# Assistant
_assistant_url = env.url("ASSISTANT_BASE_URL", schemes=("http", "https"))
if _assistant_url is None:
    env.requires("ASSISTANT_API_KEY", "ASSISTANT_BASE_URL")
ASSISTANT_BASE_URL = _assistant_url.geturl() if _assistant_url else ""
ASSISTANT_API_KEY = env.text("ASSISTANT_API_KEY")
ASSISTANT_MODEL = env.text("ASSISTANT_MODEL", "default")

# Watching
OTLP = otlp(env)
OTEL_RESOURCE = resource(env, version=VERSION)

LOG_FORMAT = one_of(
    "LOG_FORMAT", env.text("LOG_FORMAT", "console" if DEBUG or sys.stderr.isatty() else "json"), ("console", "json")
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": f"apps.monitoring.logs.formatter.{LOG_FORMAT}"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # The worker inside the web process: where it connects and that it stops is no news.
        "celery.worker.consumer.connection": {"level": "WARNING"},
        "celery.worker.control": {"level": "ERROR"},
        # What is scheduled runs every few seconds, for ever.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # The client of the assistant's endpoint tells every request.
        "httpx2": {"level": "WARNING"},
        # A collector that is away is said once, by us.
        "opentelemetry.exporter": {"level": "CRITICAL"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
