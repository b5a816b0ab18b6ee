"""Where the performance pages are."""

from django.urls import path

from apps.monitoring.pages.views import audit, charts, events, traces

urlpatterns = [
    path("", charts.page, name="performance_overview"),
    path("traces/", traces.listed, name="performance_traces"),
    path("traces/<str:trace_id>/", traces.one_trace, name="performance_trace"),
    path("events/", events.events, name="performance_events"),
    path("events/events.csv", events.as_table, name="performance_events_csv"),
    path("audit/", audit.audit, name="performance_audit"),
    path("audit/<int:number>/", audit.one_entry, name="performance_audit_entry"),
    path("audit/audit.csv", audit.as_table, name="performance_audit_csv"),
    path("audit/audit.jsonl", audit.as_lines, name="performance_audit_jsonl"),
    path("<slug:name>.csv", charts.as_table, name="performance_overview_file"),
    path("<slug:slug>/", charts.page, name="performance"),
    path("<slug:slug>/<slug:name>.csv", charts.as_table, name="performance_file"),
]
