"""docs/servers.md: each cell of its table is what a client of that server meets."""

import pytest

from tests.asgi_servers.measure import ALL, measured
from tests.asgi_servers.page import KINDS, table


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", table())
def test_a_cell_is_what_a_client_meets(row, kind):
    assert measured(kind)[row] == table()[row][kind]


def test_each_question_has_a_row():
    assert sorted(table()) == sorted(ALL)
