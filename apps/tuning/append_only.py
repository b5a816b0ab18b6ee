"""Rows that are written once. The database refuses the rest too (triggers.py); this says so in clearer words."""

from typing import Any, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound="AppendOnly")


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete a record."""


def refused(*_: Any, **__: Any) -> NoReturn:
    """Raise AppendOnlyError."""
    raise AppendOnlyError("Records are not changed or deleted: what follows is recorded anew.")


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Reads and creates; every way around the services is closed."""

    update = aupdate = delete = adelete = refused
    bulk_create = abulk_create = bulk_update = abulk_update = refused
    update_or_create = aupdate_or_create = get_or_create = aget_or_create = refused


class AppendOnly(models.Model):
    """The base of the tables of records, whose managers come from AppendOnlyQuerySet."""

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a new row; raise AppendOnlyError for one that exists."""
        if not self._state.adding:
            refused()
        super().save(*args, **{**kwargs, "force_insert": True})

    delete = refused
