"""The connection by which PostgreSQL's notices come, beside all others and in no pool.

A session listens, and a pooler in its transaction mode (pgbouncer) gives each transaction another
one: nobody hears anything through it. `HUBBUB_LISTEN` is the way round it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db import connections

from hubbub import conf
from hubbub.database import alias, is_address, ours

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def open_listener() -> AbstractContextManager[Any]:
    """Connect where notices come; what is executed is committed at once. Raises psycopg.Error."""
    where = conf.current().listen or alias()
    driver: Any = ours()
    if is_address(where):
        connection = driver.Database.connect(where, autocommit=True)
    else:
        wrapper: Any = connections[where]
        connection = driver.Database.connect(**wrapper.get_connection_params(), autocommit=True)
    return cast("AbstractContextManager[Any]", connection)
