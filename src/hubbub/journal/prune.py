"""Forget what is old, from the beginning of a stream on: never a hole in the middle.

A stream's `first_seq` moves in the transaction that deletes the rows before it, so a client that
asks for one of them is told that it cannot have it. Blocking, all of it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Least, Substr

from hubbub.database import alias
from hubbub.journal.models import Stream
from hubbub.journal.read import Extent, extent
from hubbub.journal.table import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from hubbub.journal.table import Table

#: Events in one transaction: SQLite deletes them in some 10 ms, and nobody can write meanwhile.
BATCH = 1000
#: Seconds between two transactions, in which a waiting writer gets its turn.
BREATH = 0.02


class Rule(NamedTuple):
    """What may go: what is older than `before`, and what is not of the newest `number`."""

    before: datetime | None = None
    number: int | None = None


class Pruned(NamedTuple):
    """What went, or would go, of one endpoint; `held` is why some of it could not."""

    label: str
    events: int
    streams: int
    held: str = ""


def age_rules(age: timedelta, now: datetime) -> dict[str, Rule]:
    """The rule for each endpoint where one age is for all."""
    return {table.label: Rule(before=now - age) for table in tables()}


def setting_rules(now: datetime) -> dict[str, Rule]:
    """The rule for each endpoint that has one in the settings."""
    rules: dict[str, Rule] = {}
    for table in tables():
        days, number = table.keep()
        if days is not None or number is not None:
            rules[table.label] = Rule(None if days is None else now - timedelta(days=days), number)
    return rules


def prune(rules: dict[str, Rule], *, dry_run: bool = False) -> list[Pruned]:
    """Prune each endpoint by its rule, or with `dry_run` only count. Raises DatabaseError."""
    return [
        prune_table(table, rules[table.label], dry_run=dry_run)
        for table in tables()
        if table.label in rules
    ]


def prune_table(table: Table, rule: Rule, *, dry_run: bool = False) -> Pruned:
    """Prune every stream of one endpoint; one whose events a project's rows hold stays."""
    events, streams, held = 0, 0, ""
    for name in due(table, rule):
        where = extent(name)
        first = first_kept(table, name, where, rule)
        try:
            gone = first - where.first_seq if dry_run else drop(table, name, first)
        except IntegrityError as error:
            held = f"{name}: {error.args[0]}"
            continue
        events += gone
        streams += gone > 0
    return Pruned(table.label, events, streams, held)


def due(table: Table, rule: Rule) -> Iterator[str]:
    """The streams of which something may go; their first events tell."""
    for kind in table.kinds:
        reasons: list[Any] = []
        if rule.number is not None:
            reasons.append(Q(last_seq__gte=F("first_seq") + rule.number))
        if rule.before is not None:
            key = Substr(OuterRef("name"), Value(len(kind) + 2))
            first = {"name": key, "seq": OuterRef("first_seq")}
            reasons.append(Exists(rows(table).filter(**first, created__lt=rule.before)))
        found = Stream.objects.filter(streams_of(kind), reduce(or_, reasons)).order_by("name")
        # All at once: a query that stays open would keep SQLite's log from being emptied.
        yield from list(found.values_list("name", flat=True))


def first_kept(table: Table, name: str, where: Extent, rule: Rule) -> int:
    """The seq of the first event that stays; one more than the last where none does.

    `where` was read before the events: what was stored since is new, and stays.
    """
    low, high = where.first_seq, where.last_seq + 1
    if rule.number is not None:
        low = max(low, newest_too_many(table, name, where.last_seq, rule.number) + 1)
    while rule.before is not None and low < high:
        middle = (low + high) // 2
        if is_older(stream_rows(table, name), middle, rule.before):
            low = middle + 1
        else:
            high = middle
    return low


def newest_too_many(table: Table, name: str, last_seq: int, number: int) -> int:
    """The seq of the newest event that is none of the newest `number` up to a seq; else 0."""
    counted = stream_rows(table, name).filter(table.counted, seq__lte=last_seq)
    found = counted.order_by("-seq").values_list("seq", flat=True)[number : number + 1].first()
    return found or 0


def is_older(events: QuerySet[Model], seq: int, before: datetime) -> bool:
    """Whether an event was stored before a moment."""
    return events.filter(seq=seq, created__lt=before).exists()


def drop(table: Table, name: str, first: int) -> int:
    """Delete all before `first`, some at a time; how many that were."""
    dropped = 0
    while True:
        with transaction.atomic(using=alias()):
            # The first statement writes, and so takes the stream's lock as the writer does.
            step = Least(F("first_seq") + BATCH, Value(first))
            if not Stream.objects.filter(name=name, first_seq__lt=first).update(first_seq=step):
                return dropped
            kept = Stream.objects.values_list("first_seq", flat=True).get(name=name)
            _, counts = stream_rows(table, name).filter(seq__lt=kept).delete()
        dropped += counts.get(table.model._meta.label, 0)
        if kept >= first:
            return dropped
        sleep(BREATH)


def streams_of(kind: str) -> Q:
    """The streams of a kind, by their names."""
    return Q(name=kind) | Q(name__startswith=f"{kind}:")


def rows(table: Table) -> QuerySet[Model]:
    """All events of an endpoint, whatever managers of its own its model has."""
    return table.model._base_manager.using(alias())


def stream_rows(table: Table, name: str) -> QuerySet[Model]:
    """The events of one stream."""
    return rows(table).filter(name=name.partition(":")[2])
