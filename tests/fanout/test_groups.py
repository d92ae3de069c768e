import gc
import tracemalloc

import pytest

from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.fanout.groups import Groups

#: Of the half of a KiB that all of a subscription takes.
MOST = 64


@pytest.mark.parametrize("size", [20, 5000])
@pytest.mark.parametrize("dialect", [PLAIN, EXTENDED])
def test_to_be_a_member_of_a_group_takes_next_to_no_memory(size, dialect):
    members = [object() for _ in range(size)]
    names = [f"chat_{number}" for number in range(10_000 // size)]
    groups = Groups()
    gc.collect()
    tracemalloc.start()
    try:
        for name in names:
            for member in members:
                groups.join(name, member, dialect)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken / 10_000 < MOST


def test_members_are_told_in_the_order_in_which_they_came():
    groups, members = Groups(), [object() for _ in range(100)]
    for member in members:
        groups.join("room", member, PLAIN)
    groups.join("room", members[0], EXTENDED)
    assert list(groups.members["room"]) == members
