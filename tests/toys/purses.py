"""A table that refuses what comes at the wrong moment: purses, which nobody can overfill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models

from hubbub import streams
from hubbub.errors import OutOfRangeError
from hubbub.fanout.frame import make_frame
from hubbub.journal.table import open_table
from hubbub.streams.table import Table, Telling, name_of
from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubbub.streams.table import Batch

#: What goes into a purse.
ROOM = 100


class Payment(streams.Event):
    """Money that came, or went, and what was in the purse then."""

    amount = models.BigIntegerField()
    total = models.BigIntegerField(default=0)

    class Meta(streams.Event.Meta):
        db_table = "toy_payment"


class Body(NamedTuple):
    """What a payment has of its own."""

    timestamp: str
    amount: int
    total: int


class PurseTable(Table):
    """See `hubbub.streams.table.Table`."""

    columns = Body._fields

    def body(self, sender: str, *values: Any) -> Body:
        """A payment that is stored."""
        del sender
        return Body(*values)

    def telling(self, seq: int, sender: str, body: Body) -> Telling:
        """The payment, and what is in the purse then."""
        keys = {"type": "payment", "amount": body.amount, "total": body.total}
        keys |= {"sender": sender, "timestamp": body.timestamp, "seq": seq}
        return Telling(make_frame(encode(keys)), value=body.total)

    def meaning(self, body: Body | Payment) -> object:
        """How much."""
        return body.amount

    def settle(self, batches: Sequence[Batch]) -> list[Body | OutOfRangeError]:
        """The payments one after the other; what has no room in the purse is refused."""
        return [body for batch in batches for body in payments(batch)]


def payments(batch: Batch) -> Iterator[Body | OutOfRangeError]:
    """What becomes of payments into a purse."""
    held = total(name_of(batch.stream))
    for entry in batch.entries:
        payment: Payment = entry.body
        if 0 <= held + payment.amount <= ROOM:
            held += payment.amount
            yield Body(payment.timestamp, payment.amount, held)
        else:
            yield OutOfRangeError()


def total(name: str) -> int:
    """What is in a purse."""
    held = Payment.objects.filter(name=name).order_by("-seq").values_list("total", flat=True)
    return held.first() or 0


purse_table = PurseTable("purse", Payment, lambda: (None, None))
open_table(purse_table)
