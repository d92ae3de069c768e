"""A forked child leaves its parent the connections to PostgreSQL, and opens its own.

Both would speak on one socket. SQLite's are left alone: they are the project's own thread's.
"""

from __future__ import annotations

import os
import sys
from typing import Any

#: The pools of parents: they are never used here, nor closed, which would end the parent's.
_left: list[Any] = []


def leave_pools() -> None:
    """Have Django make a pool anew where it has one: the parent's has no thread here either."""
    module = sys.modules.get("django.db.backends.postgresql.base")
    if module is not None:
        pools = module.DatabaseWrapper._connection_pools
        _left.append(dict(pools))
        pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=leave_pools)
