"""How health changed, in the admin."""

from django.contrib import admin
from unfold.paginator import InfinitePaginator

from apps.monitoring.admin.browser import RecordAdmin
from apps.monitoring.models import HealthChange


@admin.register(HealthChange)
class HealthChangeAdmin(RecordAdmin):
    """Every check that came to another result, the latest first."""

    list_display = ("at", "check_name", "before", "after", "process", "output")
    list_filter = ("check_name", "after")
    search_fields = ("check_name", "process", "output")
    ordering = ("-at", "-pk")
    show_full_result_count = False
    paginator = InfinitePaginator
