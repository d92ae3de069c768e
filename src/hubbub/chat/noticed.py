"""Rows whose changes hold at once, also those that Django tells nobody of.

`save()` and `delete()` have signals, which `members.py` and `sanctions.py` hear. A bulk change has
none: here it gets one, and of a row that is saved it is known what it was before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import Signal
from django.utils import timezone

from hubbub.database import EventManager

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=Model)

#: Many rows of the sender, which is a model, were written at once.
changed_many = Signal()
#: Where a row that is being saved keeps what it was.
BEFORE = "_hubbub_before"


class NoticedRows(QuerySet[M]):
    """Tells of what it writes."""

    def update(self, **values: Any) -> int:
        """Change all of them, and say when."""
        for field in self.model._meta.concrete_fields:
            if getattr(field, "auto_now", False):
                values.setdefault(field.name, timezone.now())
        number = super().update(**values)
        changed_many.send(sender=self.model)
        return number

    def bulk_create(self, *args: Any, **options: Any) -> list[M]:
        """Insert many."""
        made = super().bulk_create(*args, **options)
        changed_many.send(sender=self.model)
        return made


class NoticedManager(EventManager[M]):
    """Of a table whose changes hold at once."""

    def get_queryset(self) -> NoticedRows[M]:
        """All rows."""
        return NoticedRows(self.model, using=self._db or self.home())


def notice(model: type[Model], row: Callable[..., None], all_rows: Callable[[], None]) -> None:
    """Have `row` called with each row that was changed, and as it was, and `all_rows` after many.

    `row(instance, created)`, once a row that was moved has both its places in the table behind it.
    """

    def before(instance: Any, using: str, **_: Any) -> None:
        if instance.pk is not None:
            rows = model._default_manager.using(using)
            setattr(instance, BEFORE, rows.filter(pk=instance.pk).first())

    def after(instance: Any, *, created: bool = False, **_: Any) -> None:
        earlier = vars(instance).pop(BEFORE, None)
        if earlier is not None:
            row(earlier, created=False)
        row(instance, created=created)

    def many(**_: Any) -> None:
        all_rows()

    label = model._meta.label
    pre_save.connect(before, sender=model, weak=False, dispatch_uid=f"{label} before")
    post_save.connect(after, sender=model, weak=False, dispatch_uid=f"{label} saved")
    post_delete.connect(after, sender=model, weak=False, dispatch_uid=f"{label} deleted")
    changed_many.connect(many, sender=model, weak=False, dispatch_uid=f"{label} many")
