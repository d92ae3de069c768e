"""A table that refuses a row, and writers that end with their test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = "the table refuses this"
ON_SQLITE = f"""
    CREATE TRIGGER refusing BEFORE INSERT ON toy_line
    WHEN NEW.text = '{REFUSED}' BEGIN SELECT RAISE(ABORT, 'refused'); END
"""
ON_POSTGRESQL = f"""
    ALTER TABLE toy_line ADD CONSTRAINT refusing CHECK (text <> '{REFUSED}')
"""


@pytest.fixture
def refusing(transactional_db) -> Iterator[str]:
    """A line that the database does not take, whatever the reason."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(ON_SQLITE if sqlite else ON_POSTGRESQL)
    yield REFUSED
    with connection.cursor() as cursor:
        drop = "DROP TRIGGER" if sqlite else "ALTER TABLE toy_line DROP CONSTRAINT"
        cursor.execute(f"{drop} refusing")
