"""Where traces are sent: OpenTelemetry's own variables, as far as traces have any."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

from perfsite.env import Environment, invalid

PROTOCOLS = ("grpc", "http/protobuf")
COMPRESSIONS = ("none", "gzip")
EXPORTERS = ("otlp", "none")
PATH = "/v1/traces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Otlp:
    """A collector: any that takes OTLP. `headers` may hold a password, and are not shown."""

    endpoint: str
    protocol: str
    timeout_seconds: float
    compression: str
    certificate: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)


def otlp(env: Environment) -> Otlp | None:
    """Return the collector, None where traces stay here; raise ImproperlyConfigured for a wrong value."""
    exporter = one_of("OTEL_TRACES_EXPORTER", env.text("OTEL_TRACES_EXPORTER", "otlp"), EXPORTERS)
    own = env.url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", schemes=("http", "https"))
    general = env.url("OTEL_EXPORTER_OTLP_ENDPOINT", schemes=("http", "https"))
    found = own or general
    if found is None or exporter == "none" or env.flag("OTEL_SDK_DISABLED", default=False):
        return None
    general_protocol = env.text("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    protocol = one_of(
        "OTEL_EXPORTER_OTLP_PROTOCOL", env.text("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", general_protocol), PROTOCOLS
    )
    is_base = own is None and protocol != "grpc"
    compression = env.text("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    return Otlp(
        endpoint=found.geturl().rstrip("/") + PATH if is_base else found.geturl(),
        protocol=protocol,
        timeout_seconds=env.integer("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000, minimum=1, maximum=60_000) / 1000,
        compression=one_of("OTEL_EXPORTER_OTLP_COMPRESSION", compression, COMPRESSIONS),
        certificate=env.text("OTEL_EXPORTER_OTLP_CERTIFICATE"),
        headers=pairs("OTEL_EXPORTER_OTLP_HEADERS", env.text("OTEL_EXPORTER_OTLP_HEADERS"), is_secret=True),
    )


def resource(env: Environment, *, version: str) -> dict[str, Any]:
    """Return what a collector is told of this site; raise ImproperlyConfigured for what is no list of pairs."""
    told = pairs("OTEL_RESOURCE_ATTRIBUTES", env.text("OTEL_RESOURCE_ATTRIBUTES"))
    name = env.text("OTEL_SERVICE_NAME", told.get("service.name", "perfsite"))
    return {"service.version": version, **told, "service.name": name}


def one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    """Return the value; raise ImproperlyConfigured for one that is not known."""
    if value not in known:
        raise invalid(name, value, f"one of {', '.join(known)}")
    return value


def pairs(name: str, text: str, *, is_secret: bool = False) -> dict[str, str]:
    """Return NAME=VALUE,NAME=VALUE, percent-decoded; raise ImproperlyConfigured, without the value of a secret."""
    found = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        key, separator, value = item.partition("=")
        if not separator or not key.strip():
            raise ImproperlyConfigured(f"{name}: {'***' if is_secret else repr(item)} is not NAME=VALUE.")
        found[unquote(key.strip())] = unquote(value.strip())
    return found
