"""A table that refuses what comes at the wrong moment: purses, which nobody can overfill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from hubbub import streams
from hubbub.errors import OutOfRangeError
from hubbub.fanout.frame import make_frame
from hubbub.journal.table import open_table
from hubbub.streams.table import Table, Telling, name_of
from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hubbub.streams.table import Batch

#: What goes into a purse.
ROOM = 100


class Payment(streams.Event):
    """Money that came, or went, and what was in the purse then."""

    amount = models.BigIntegerField()
    total = models.BigIntegerField(default=0)

    class Meta(streams.Event.Meta):
        db_table = "toy_payment"


class PurseTable(Table):
    """See `hubbub.streams.table.Table`."""

    columns = ("amount", "total")

    def own(self, body: Payment) -> Sequence[Any]:
        """The values of `columns`."""
        return body.amount, body.total

    def body(self, sender: str, timestamp: str, *own: Any) -> Payment:
        """A payment that is stored."""
        amount, total = own
        return Payment(sender=sender, timestamp=timestamp, amount=amount, total=total)

    def telling(self, seq: int, sender: str, body: Payment) -> Telling:
        """The payment, and what is in the purse then."""
        keys = {"type": "payment", "amount": body.amount, "total": body.total}
        keys |= {"sender": sender, "timestamp": body.timestamp, "seq": seq}
        return Telling(make_frame(encode(keys)), value=body.total)

    def meaning(self, body: Payment) -> object:
        """How much."""
        return body.amount

    def settle(
        self, batches: Sequence[Batch], created: datetime
    ) -> list[list[Payment | OutOfRangeError]]:
        """The payments one after the other; what has no room in the purse is refused."""
        del created
        return [
            payments([entry.body for entry in batch.entries], total(name_of(batch.stream)))
            for batch in batches
        ]


def payments(wanted: Sequence[Payment], held: int) -> list[Payment | OutOfRangeError]:
    """What becomes of payments into a purse that holds this much."""
    found: list[Payment | OutOfRangeError] = []
    for payment in wanted:
        if 0 <= held + payment.amount <= ROOM:
            held += payment.amount
            payment.total = held
            found.append(payment)
        else:
            found.append(OutOfRangeError())
    return found


def total(name: str) -> int:
    """What is in a purse."""
    held = Payment.objects.filter(name=name).order_by("-seq").values_list("total", flat=True)
    return held.first() or 0


purse_table = PurseTable("purse", Payment, lambda: (None, None))
open_table(purse_table)
