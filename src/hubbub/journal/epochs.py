"""Which numbering a stream begins with, and another one for a stream whose table lost its end.

The first is known before anything is stored: a member of an empty room knows the epoch that the
first message will have, and a visit writes nothing.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.db import transaction

from hubbub.database import ours
from hubbub.journal.bells import bells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.backends.utils import CursorWrapper

READ = "SELECT epoch FROM hubbub_beginning"
#: Of several processes that find none, one makes it and all return that.
MAKE = """
    INSERT INTO hubbub_beginning (id, epoch) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE SET epoch = hubbub_beginning.epoch RETURNING epoch
"""
#: Of several processes that notice a loss, one changes the epoch: the others' condition is false.
#: A stream may be gone altogether; with the epoch it is there again, before it is told of anew.
RENUMBER = """
    INSERT INTO hubbub_stream (name, epoch, last_seq, first_seq) VALUES (%s, %s, 0, 1)
    ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch WHERE hubbub_stream.epoch = %s
"""


def new_epoch() -> str:
    """The name of a numbering that there was never before."""
    return secrets.token_hex(4)


def find_beginning(cursor: CursorWrapper) -> str:
    """What the first epochs of this table are made of; a table that was emptied gets another."""
    cursor.execute(READ)
    row = cursor.fetchone()
    if row is None:
        cursor.execute(MAKE, [new_epoch()])
        row = cursor.fetchone()
    return str(row[0])


def first_epoch(beginning: str, stream: str) -> str:
    """The epoch with which a stream begins: each has its own."""
    return blake2b(f"{beginning} {stream}".encode(), digest_size=4).hexdigest()


def renumber(lost: Mapping[str, str]) -> str:
    """Give streams that have lost their end a new epoch, if they still have this (name to epoch).

    Returns it. Blocking. Raises DatabaseError.
    """
    epoch = new_epoch()
    connection = ours()
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.executemany(RENUMBER, [(name, epoch, old) for name, old in sorted(lost.items())])
        bells.announce(connection)
    return epoch
