"""A crowd that comes back at once is told what it missed by a few reads, not by one each."""

import pytest

from hubbub.accounts.caller import ANONYMOUS
from hubbub.chat.consumer import ChatConsumer
from hubbub.chat.services import message_entry
from hubbub.counter import consumer as counter
from hubbub.counter.consumer import CounterConsumer
from hubbub.crossing import in_database
from hubbub.notifications import opening as notifications
from hubbub.notifications.consumer import NotificationConsumer
from hubbub.sockets import door as module
from hubbub.sockets.door import Door
from hubbub.streams import opening as chat
from tests.journal.entries import put
from tests.journal.members import until
from tests.names import new_name
from tests.sockets.test_door import Knock

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 50
#: What comes while a read is under way shares the next, and the crowd is in after a few.
FEW = 5


@pytest.fixture(autouse=True)
def _anonymous(monkeypatch):
    async def identify(scope):
        return ANONYMOUS

    monkeypatch.setattr(module, "identify", identify)


@pytest.mark.parametrize(
    ("consumer", "query", "read", "first"),
    [
        (ChatConsumer, b"since=0", (chat, "recovery_open"), "recovery"),
        (ChatConsumer, b"history=9", (chat, "history_open"), "history"),
        (CounterConsumer, b"", (counter, "counter_read"), "counter_update"),
        (NotificationConsumer, b"cursor=0:0", (notifications, "standing"), "connection_status"),
    ],
)
async def test_a_crowd_shares_what_is_read_for_it(monkeypatch, consumer, query, read, first):
    name, reads, really = new_name(), [], getattr(*read)
    await in_database(put, [message_entry(room=name, message="missed")])

    def counted(**asked):
        reads.append(asked)
        return really(**asked)

    monkeypatch.setattr(*read, counted)
    door = Door(consumer, requires_user="chat_requires_user")
    crowd = [Knock(name, query=query) for _ in range(CROWD)]
    for knock in crowd:
        await knock.at(door)
    await until(lambda: all(knock.socket.frames for knock in crowd))
    told = [knock.socket.frames[0] for knock in crowd]
    for knock in crowd:
        knock.leave()
    assert {frame["type"] for frame in told} == {first}
    assert 1 <= len(reads) <= FEW
