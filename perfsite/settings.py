"""Settings: the only reader of the environment (docs/configuration.md lists every variable)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.templatetags.static import static

from perfsite.broker import IN_PROCESS, broker_options, broker_url
from perfsite.database import database_entry
from perfsite.env import Environment, is_host, is_network, is_origin
from perfsite.redis import redis_url
from perfsite.secrets import is_strong, kept_secret, made_data_dir

BASE_DIR = Path(__file__).resolve().parent.parent
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
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "perfsite",
        "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "perfsite"},
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
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "perfsite.csp.ContentSecurityPolicyMiddleware",
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
SESSION_ENGINE = "apps.chat.sessions"
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
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("chat/favicon.svg")}],
}

# Transport security
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Resilience
CHAOS_ENABLED = env.flag("CHAOS_ENABLED", default=False)

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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"console": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "console"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # The worker inside the web process: where it connects and that it stops is no news.
        "celery.worker.consumer.connection": {"level": "WARNING"},
        "celery.worker.control": {"level": "ERROR"},
        # The client of the assistant's endpoint tells every request.
        "httpx2": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
