"""OpenTelemetry's variables: the collector they name, and what is wrong with them."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from perfsite.env import Environment
from perfsite.telemetry import otlp, resource

BASE, OWN = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOL, HEADERS = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS"


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({BASE: "http://c:4318"}, "http://c:4318/v1/traces"),
        ({BASE: "http://c:4318/base/"}, "http://c:4318/base/v1/traces"),
        ({BASE: "http://c:4318", OWN: "http://other/t"}, "http://other/t"),
        ({BASE: "https://c:4317", PROTOCOL: "grpc"}, "https://c:4317"),
    ],
)
def test_the_endpoint_is_the_one_of_the_standard(variables: dict[str, str], endpoint: str) -> None:
    found = otlp(Environment(variables))
    assert found is not None
    assert found.endpoint == endpoint


@pytest.mark.parametrize(
    "variables",
    [{}, {BASE: "http://c", "OTEL_TRACES_EXPORTER": "none"}, {BASE: "http://c", "OTEL_SDK_DISABLED": "true"}],
)
def test_without_an_endpoint_or_when_off_nothing_is_sent(variables: dict[str, str]) -> None:
    assert otlp(Environment(variables)) is None


def test_headers_are_decoded_and_not_shown() -> None:
    found = otlp(Environment({BASE: "http://c", HEADERS: "authorization=Bearer%20abc, x=1"}))
    assert found is not None
    assert found.headers == {"authorization": "Bearer abc", "x": "1"}
    assert "abc" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (BASE, "c:4318"),
        (PROTOCOL, "http/json"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        (HEADERS, "no-pair"),
        (HEADERS, "=x"),
    ],
)
def test_a_wrong_value_is_refused_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        otlp(Environment({BASE: "http://c", name: value}))


def test_a_wrong_header_is_not_shown() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        otlp(Environment({BASE: "http://c", HEADERS: "my-secret"}))
    assert "my-secret" not in str(refused.value)


def test_a_collector_is_told_name_and_version_of_the_site() -> None:
    assert resource(Environment({}), version="1") == {"service.name": "perfsite", "service.version": "1"}
    told = resource(
        Environment({"OTEL_RESOURCE_ATTRIBUTES": "service.name=a,zone=b", "OTEL_SERVICE_NAME": "c"}), version="1"
    )
    assert told == {"service.name": "c", "service.version": "1", "zone": "b"}
