"""What Django writes about the models themselves stays between tests: they never change it.

After each test that commits, every table is emptied, and what all models are called and what may be
done with them is written again: 40 ms, of 65 that such a test takes beside what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management.commands import flush

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session", autouse=True)
def kept_tables() -> Iterator[None]:
    """Empty all tables but these."""
    empty = flush.sql_flush

    def empty_the_others(style, connection, *args, **kwargs):
        introspection = connection.introspection
        names = introspection.django_table_names
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                introspection,
                "django_table_names",
                lambda *how, **which: [name for name in names(*how, **which) if name not in KEPT],
            )
            return empty(style, connection, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", empty_the_others)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
