"""Content-Security-Policy: what a page may load and run."""

import pytest
from django.http import HttpRequest, HttpResponse

from perfsite.csp import ContentSecurityPolicyMiddleware


def policy(path: str) -> dict[str, str]:
    request = HttpRequest()
    request.path = path
    header = ContentSecurityPolicyMiddleware(lambda _: HttpResponse())(request)["Content-Security-Policy"]
    return dict(directive.strip().split(" ", 1) for directive in header.split(";"))


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/administrator", "/api/docs", "/Admin/"])
def test_our_pages_run_no_inline_code(path: str) -> None:
    directives = policy(path)
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in " ".join(directives.values())
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_nothing_is_loaded_from_elsewhere(path: str) -> None:
    sources = {source for value in policy(path).values() for source in value.split()}
    assert sources <= {"'none'", "'self'", "'unsafe-inline'", "'unsafe-eval'", "data:"}


def test_the_admin_is_wider_only_where_unfold_needs_it() -> None:
    admin, pages = policy("/admin/"), policy("/")
    wider = {name for name, value in admin.items() if pages.get(name) != value}
    assert wider == {"script-src", "style-src"}
