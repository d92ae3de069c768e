"""What can be read of the notifications. Blocking.

A user has read what lies up to its marks in both streams, and what it has read one by one beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from hubbub.errors import NotFoundError
from hubbub.notifications.cursor import Both
from hubbub.notifications.inbox import EVERYONE, NOBODY, stream_of
from hubbub.notifications.messages import Notified
from hubbub.notifications.models import SENT, Mark, Notification, Reading
from hubbub.streams.standing import Extent, Position, extents
from hubbub.wire.codec import encode
from hubbub.wire.data import raw_data
from hubbub.wire.page import count_fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from hubbub.notifications.cursor import Positions

COLUMNS = ("id", "name", "seq", "title", "message", "priority", "timestamp", "data")
FATE = ("deleted", "deletes", "reads")
#: Up to which seqs a user has read all.
Marks = Both[int]
UNREAD = Both(0, 0)


class Row(NamedTuple):
    """Whether the user has read an event, and the event as it is stored."""

    read: bool
    id: int
    inbox: str
    seq: int
    title: str
    message: str
    priority: str
    timestamp: str
    data: str | None
    deleted: bool
    deletes: int | None
    reads: int | None

    @property
    def told(self) -> bool:
        """Whether it is a frame to those who come back: not so what is deleted, and readings."""
        return not self.deleted and self.reads is None

    def notified(self, cursor: str = "") -> Notified:
        """What is told of it."""
        texts = (self.title, self.message, self.priority, self.timestamp)
        return Notified(*texts, self.id, raw_data(self.data), cursor, self.read)


def fitting(rows: Sequence[Row]) -> int:
    """How many of them, from the first on, go into a page."""
    return count_fitting(len(encode(row.notified())) for row in rows)


class Page(NamedTuple):
    """Notifications, oldest first, and whether there are older ones."""

    notifications: list[Notified]
    more: bool


def standing(*, inbox: str) -> Both[Extent]:
    """Where both streams stand; of nobody's inbox, everyone's twice."""
    found = extents({EVERYONE, stream_of(inbox)})
    return Both(found[stream_of(inbox)], found[EVERYONE])


def marks_of(*, inbox: str) -> Marks:
    """How far a user has read without a gap."""
    row = Mark.objects.filter(inbox=inbox).values_list("own", "everyone").first()
    return Both(*row) if row else UNREAD


def beyond(inbox: str, first: Marks, last: Positions | None = None) -> QuerySet[Notification]:
    """The events of a user's two streams beyond `first`, up to `last`; in nobody's, everyone's."""
    everyone = stretch(NOBODY, first.everyone, last and last.everyone)
    if not inbox:
        return Notification.objects.filter(everyone)
    return Notification.objects.filter(everyone | stretch(inbox, first.own, last and last.own))


def stretch(inbox: str, after: int, upto: Position | None) -> Q:
    """The events of one inbox with `after` < seq <= `upto`."""
    part = Q(name=inbox)
    if after:
        part &= Q(seq__gt=after)
    return part if upto is None else part & Q(seq__lte=upto.seq)


def read_since(inbox: str) -> Q:
    """Whether a notification beyond a user's marks, as they were just found, is read by now.

    Singly; or the marks have been moved meanwhile, and the single readings before them are gone.
    """
    singly = Reading.objects.filter(inbox=inbox, notification=OuterRef("pk"))
    marks = Mark.objects.filter(inbox=inbox)
    own = Q(Exists(marks.filter(own__gte=OuterRef("seq"))), name=inbox)
    everyones = Q(Exists(marks.filter(everyone__gte=OuterRef("seq"))), name=NOBODY)
    return Q(Exists(singly)) | own | everyones


def unread_rows(inbox: str, marks: Marks, upto: Positions | None) -> QuerySet[Notification]:
    """What a user has not read."""
    rows = beyond(inbox, marks, upto).filter(deleted=False, **SENT)
    return rows.filter(~read_since(inbox))


def unread_count(*, inbox: str, upto: Positions | None = None, marks: Marks | None = None) -> int:
    """How many a user has not read; of those up to a position, if it is given."""
    return unread_rows(inbox, marks or marks_of(inbox=inbox), upto).count()


def unread_newest(*, inbox: str, upto: Positions, marks: Marks, limit: int) -> list[Row]:
    """The newest ones that a user has not read, oldest first."""
    found = unread_rows(inbox, marks, upto).order_by("-id").values_list(*COLUMNS, *FATE)[:limit]
    rows = [Row(False, *row) for row in found]  # noqa: FBT003 - a column
    return rows[: fitting(rows)][::-1]


def inbox_page(*, inbox: str, limit: int, before: int | None = None, unread: bool = False) -> Page:
    """What was sent to a user and to everyone: the last ones, or those before the id `before`."""
    marks = marks_of(inbox=inbox)
    if unread:
        rows = unread_rows(inbox, marks, None)
    else:
        rows = beyond(inbox, UNREAD).filter(deleted=False, **SENT)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = rows_of(inbox, marks, rows.order_by("-id")[: limit + 1])
    told = found[: fitting(found[:limit])]
    return Page([row.notified() for row in reversed(told)], len(told) < len(found))


def missed_rows(*, inbox: str, since: Positions, upto: Positions, marks: Marks) -> list[Row]:
    """The events between two positions, deletions and readings too, in the order of their ids."""
    first = Both(since.own.seq if since.own else 0, since.everyone.seq if since.everyone else 0)
    return rows_of(inbox, marks, beyond(inbox, first, upto).order_by("id"))


def rows_of(inbox: str, marks: Marks, rows: QuerySet[Notification]) -> list[Row]:
    """Rows with what a user has read of them."""
    found: list[Any] = list(
        rows.annotate(since=read_since(inbox)).values_list(*COLUMNS, *FATE, "since")
    )
    return [
        Row(row[-1] or row[2] <= (marks.own if row[1] else marks.everyone), *row[:-1])
        for row in found
    ]


class Found(NamedTuple):
    """Where a notification is stored."""

    inbox: str
    seq: int


def notification_find(*, number: int, inbox: str | None = None) -> Found:
    """A notification by its id; with an inbox, one that this user gets. Raises NotFoundError."""
    rows = Notification.objects.filter(id=number, deleted=False, **SENT)
    if inbox is not None:
        rows = rows.filter(name__in=(NOBODY, inbox))
    row = rows.values_list("name", "seq").first()
    if row is None:
        raise NotFoundError
    return Found(*row)
