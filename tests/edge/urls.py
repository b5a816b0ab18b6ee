"""Where the tests' views are found."""

from django.urls import include, path, re_path

from tests.edge import joined, views

urlpatterns = [
    path("hello", views.hello),
    re_path("^environ", views.environ),
    path("echo", views.echo),
    path("form", views.form),
    path("count", views.count),
    path("lines", views.lines),
    path("refuse", views.refuse),
    path("fail", views.fail),
    path("leave", views.leave),
    path("wait", views.wait),
    path("wait-then-stream", views.wait_then_stream),
    path("sleep/<int:milliseconds>", views.sleep),
    path("stream/endless", views.stream_endless),
    path("stream/megabytes/<int:megabytes>", views.stream_megabytes),
    path("stream/lines/<int:lines>", views.stream_lines),
    path("stream/slow", views.stream_slow),
    path("noted", views.noted),
    path("stream/late", views.stream_late),
    path("stream/broken", views.stream_broken),
    path("stream/rows", views.stream_rows),
    path("file/<int:size>", views.file),
    path("bare", views.bare),
    path("control", views.control),
    path("query", views.query),
    path("query/exit", views.query_then_exit),
    path("report", views.report),
    path("joined/<str:kind>", joined.joined_view),
    path("", include("perfsite.urls")),
]
