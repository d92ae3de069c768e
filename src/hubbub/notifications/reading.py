"""What reading does to the tables: an event of the reader's own stream says so, in one transaction.

A user has read what lies up to its marks in both streams, and what it has read one by one beyond.
All here runs in the open transaction, the reader's own stream locked: its readings come one by one.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Greatest

from hubbub.errors import Refusal
from hubbub.notifications.cursor import Both, Positions
from hubbub.notifications.inbox import EVERYONE
from hubbub.notifications.models import Mark, Reading
from hubbub.notifications.selectors import (
    Marks,
    beyond,
    marks_of,
    notification_find,
    unread_rows,
)
from hubbub.streams.standing import Position, extent


class NothingUnreadError(Refusal):
    """All that was to be read is read already: nothing is stored, and no client is told of it."""

    sentence = "Nothing unread"
    code = "nothing_unread"


class ReadOne(NamedTuple):
    """A user has read the notification with an id."""

    number: int
    timestamp: str

    def carry_out(self, inbox: str, last: int) -> int:
        """Mark it as read; returns up to which seq of everyone's stream this goes.

        `last` is the seq of the newest event in the user's own stream. Raises NothingUnreadError,
        and NotFoundError for one that the user did not get.
        """
        found = notification_find(number=self.number, inbox=inbox)
        marks = marks_of(inbox=inbox)
        passed = found.seq <= (marks.own if found.inbox else marks.everyone)
        row = {"inbox": inbox, "notification_id": self.number}
        if passed or Reading.objects.filter(**row).exists():
            raise NothingUnreadError
        Reading.objects.create(**row)
        everyone = extent(EVERYONE).last_seq
        if is_unread(inbox, marks, last, everyone):
            return 0 if found.inbox else found.seq
        # It was the last one: two numbers say as much as all the rows.
        move_marks(inbox, last, everyone)
        return everyone


class ReadAll(NamedTuple):
    """A user has read all, or all up to a position; of a half that is None, nothing."""

    upto: Positions | None
    timestamp: str

    def carry_out(self, inbox: str, last: int) -> int:
        """As `ReadOne`'s."""
        marks = marks_of(inbox=inbox)
        own, everyone = last, extent(EVERYONE).last_seq
        if self.upto is not None:
            own = min(own, self.upto.own.seq) if self.upto.own else 0
            everyone = min(everyone, self.upto.everyone.seq) if self.upto.everyone else 0
        if not is_unread(inbox, marks, own, everyone):
            raise NothingUnreadError
        move_marks(inbox, own, everyone)
        return everyone


def is_unread(inbox: str, marks: Marks, own: int, everyone: int) -> bool:
    """Whether anything up to these seqs is unread."""
    upto: Positions = Both(Position(seq=own), Position(seq=everyone))
    return unread_rows(inbox, marks, upto).exists()


def move_marks(inbox: str, own: int, everyone: int) -> None:
    """Move a user's marks on, and forget the single readings but of what lies beyond them.

    Those too of notifications that were pruned.
    """
    mark = Mark(inbox=inbox, own=own, everyone=everyone)
    Mark.objects.bulk_create([mark], ignore_conflicts=True)
    Mark.objects.filter(inbox=inbox).update(
        own=Greatest(F("own"), Value(own)), everyone=Greatest(F("everyone"), Value(everyone))
    )
    kept = beyond(inbox, Both(own, everyone)).filter(pk=OuterRef("notification_id"))
    Reading.objects.filter(~Exists(kept), inbox=inbox).delete()
