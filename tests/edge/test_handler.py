"""What a request leaves behind."""

import gc
from collections.abc import Iterator

import pytest

from perfsite.edge.application import Edge
from tests.edge import views
from tests.edge.drive import Call

FORM = (
    b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--boundary\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nfile\r\n--boundary--\r\n'
)


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def test_request_is_gone_when_it_has_been_answered(edge: Edge, without_collector: None) -> None:
    kind = (b"content-type", b"multipart/form-data; boundary=boundary")
    length = (b"content-length", b"%d" % len(FORM))
    for call in (Call(edge, "/noted"), Call(edge, "/noted", method="POST", headers=[kind, length], parts=[FORM])):
        assert (await call.run()).status == 200
    assert [request() for request in views.noted_requests] == [None, None]
    assert [upload.closed for upload in views.held] == [True]
