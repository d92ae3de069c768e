"""What members on one event loop are told, and in which order."""

import asyncio
import time
from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest
from django.db import OperationalError

from hubbub import conf
from hubbub.accounts.caller import Caller
from hubbub.bus.base import Event
from hubbub.crossing import in_database
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.fanout.hub import local_hub
from hubbub.journal.attach import Snapshot, attach, reach
from hubbub.journal.process import local_followers
from hubbub.journal.read import extent
from hubbub.notifications import opening, readers, services
from hubbub.notifications.consumer import NotificationConsumer
from hubbub.notifications.cursor import Both, read_cursor
from hubbub.notifications.inbox import EVERYONE, stream_of, user_group
from hubbub.notifications.opening import Arrival, Opening
from hubbub.notifications.selectors import inbox_page, unread_count
from hubbub.notifications.table import inbox_table
from hubbub.sockets.query import Query
from hubbub.wire.closes import NO_SNAPSHOT, TRY_LATER
from tests.journal.members import Member

DEADLINE = 10.0

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("writer_ends"),
]


async def join(inbox, *, extended=True):
    """A member of an inbox's groups, as a connection is when its streams have been found."""
    node, member = local_followers(), Member()
    for stream in dict.fromkeys((EVERYONE, stream_of(inbox))):
        node.enter(stream)
        await reach(node, stream, 0)
    readers.local_readers().enter(inbox)
    local_hub().join(user_group(inbox), member, EXTENDED if extended else PLAIN)
    return member


async def until(condition):
    """Give the loop its turns until something is so."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.01)


async def hear(member, number):
    """The first frames that a member gets."""
    await until(lambda: len(member.frames()) >= number)
    return member.frames()


async def send(**keys):
    return await services.asend(title="T", message="M", **keys)


async def test_each_reader_gets_everyones_with_its_own_place():
    ada, bob, nobody = [await join(inbox) for inbox in ("7", "8", "")]
    await send(user_id=7)
    await send()
    cursors = [(await hear(one, wanted))[-1]["cursor"] for one, wanted in ((ada, 2), (bob, 1))]
    own = [(await hear(ada, 2))[0]["cursor"], (await hear(nobody, 1))[0]["cursor"]]
    positions = [read_cursor(cursor) for cursor in (*cursors, *own)]
    assert [both.own and both.own.seq for both in positions] == [1, 0, 1, None]
    assert [both.everyone.seq for both in positions] == [1, 1, 0, 1]


async def test_a_deletion_is_told_to_extended_ones_and_counts():
    extended, plain = await join("7"), await join("7", extended=False)
    nobody = await join("")
    await send()
    number = (await hear(extended, 1))[0]["id"]
    await in_database(services.delete, number=number)
    await send(user_id=7)
    frames = await hear(extended, 4)
    deleted = next(frame for frame in frames if frame["type"] == "notification_deleted")
    assert deleted["deleted"] == number
    assert read_cursor(deleted["cursor"]).everyone.seq == 2
    # The count may come before or after what was sent since; either way it ends at one.
    kinds = [frame["type"] for frame in frames]
    after = kinds[kinds.index("unread_count") :].count("notification")
    assert frames[kinds.index("unread_count")]["count"] + after == 1
    assert [frame["type"] for frame in await hear(plain, 2)] == ["notification"] * 2
    assert [frame["type"] for frame in await hear(nobody, 2)][-1] == "notification_deleted"


async def test_a_deleted_one_is_no_frame_to_those_who_come_back():
    await send()
    await send()
    (one,) = await send(user_id=7)
    assert one.seq == 1
    found = await in_database(inbox_table.read, EVERYONE, 0, 2)
    assert [seq for seq, *_ in found] == [1, 2]
    page = await in_database(inbox_page, inbox="7", limit=9)
    await in_database(services.delete, number=page.notifications[0].id)
    found = await in_database(inbox_table.read, EVERYONE, 0, 3)
    assert [bool(one.frame) for one in found] == [False, True, True]
    arrival = Arrival("7", Opening(read_cursor(":0,:0")))
    snapshot = await in_database(arrival.read)
    assert snapshot.seqs == {EVERYONE: 3, "inbox:7": 1}
    member = Member()
    member.write(snapshot.frames)
    status, recovery, *missed = member.frames()
    assert (status["unread"], recovery["missed"]) == (2, 3)
    kinds = [frame["type"] for frame in missed]
    assert kinds == ["notification", "notification", "notification_deleted"]


async def test_what_is_told_while_the_unread_are_counted_is_counted(monkeypatch):
    member = await join("7")
    cursor = local_followers().find("inbox:7")

    def interrupted(*, inbox, upto):
        count = unread_count(inbox=inbox, upto=upto)
        services.send(title="late", message="M", user_id=7)
        while cursor.told == 0:
            time.sleep(0.01)
        return count

    monkeypatch.setattr(readers, "unread_count", interrupted)
    readers.local_readers().recount("7")
    frames = await hear(member, 2)
    assert [frame["type"] for frame in frames] == ["notification", "unread_count"]
    assert frames[1]["count"] == 1


async def test_a_count_waits_for_what_it_counts(monkeypatch):
    """Read before it was told here: whoever adds one for it must get the count afterwards."""
    member, asked = await join("7"), []
    cursor = local_followers().find(EVERYONE)

    def noted(*, inbox, upto):
        asked.append(cursor.told)
        return unread_count(inbox=inbox, upto=upto)

    monkeypatch.setattr(readers, "unread_count", noted)
    readers.local_readers().recount("7", 1)
    readers.local_readers().recount("7")
    await send()
    frames = await hear(member, 2)
    assert [frame["type"] for frame in frames] == ["notification", "unread_count"]
    assert asked == [1]


async def test_many_readings_at_once_end_with_the_right_count():
    member = await join("7")
    for _ in range(10):
        await send(user_id=7)
    numbers = [frame["id"] for frame in await hear(member, 10)]
    await asyncio.gather(
        *(in_database(services.read, user_id=7, number=number) for number in numbers)
    )
    await until(lambda: member.frames()[-1].get("count") == 0)
    counts = [frame["count"] for frame in member.frames()[10:]]
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("stream", [EVERYONE, "inbox:7"])
@pytest.mark.parametrize("added", [True, False])
async def test_a_snapshot_of_another_event_than_a_silent_one_that_was_told_is_refused(
    stream, added
):
    """A reading; or a notification that was deleted when it was read from the table."""
    await join("7")
    node, member = local_followers(), Member()
    last = node.find(stream)
    seq, mark = last.told + 1, last.mark + 1

    async def read():
        node.take([Event(stream, last.epoch, seq, b"", mark, last.mark, added=added)])
        return Snapshot(b"", {stream: seq}, {stream: mark + 1})

    groups = {stream: inbox_table.group(stream)}
    budget, extra = 2**20, [user_group("7")]
    assert not await attach(node, member, groups, read, lambda: True, budget=budget, extra=extra)
    assert member.goodbye is NO_SNAPSHOT


def connection(outlet, **keys):
    """What a consumer needs of a connection."""
    given = {"caller": Caller(7, "ada"), "query": b"", "extended": False} | keys
    given["dialect"] = EXTENDED if given["extended"] else PLAIN
    sent = SimpleNamespace(outlet=outlet, send=outlet.write, settings=conf.current(), **given)
    sent.failed = []
    sent.fail = lambda error, _=b"": sent.failed.append(error)
    sent.ask = lambda read: read(Query(sent.query))
    sent.room = AsyncMock()
    return sent


async def test_who_has_left_is_no_member_again_by_what_it_asked_before():
    coming = connection(Member(), caller=Caller())
    consumer = NotificationConsumer(coming, "")
    consumer.open()
    assert local_hub().size(user_group("")) == 1
    consumer.leave()
    consumer.extended()
    assert local_hub().size(user_group("")) == 0


@pytest.mark.parametrize("caller", [Caller(), Caller(7, "ada")], ids=["anonymous", "signed in"])
async def test_who_listens_is_a_member_of_each_of_its_streams(caller):
    coming = connection(Member(), caller=caller)
    consumer = NotificationConsumer(coming, "")
    consumer.open()
    await until(lambda: bool(coming.outlet.wire))
    for stream in consumer.streams():
        coming.outlet.goodbye = None
        local_hub().close(inbox_table.group(stream), TRY_LATER)
        assert coming.outlet.goodbye is TRY_LATER
    consumer.leave()


async def test_as_many_may_listen_as_there_are(settings):
    """Whatever is set for rooms and counters."""
    settings.HUBBUB_MAX_MEMBERS = 1
    consumers = [NotificationConsumer(connection(Member()), "") for _ in range(3)]
    for consumer in consumers:
        consumer.open()
    await until(lambda: local_hub().size(user_group("7")) == 3)
    for consumer in consumers:
        consumer.leave()


async def test_while_the_database_is_away_a_client_is_asked_to_come_back(monkeypatch):
    def away(_):
        raise OperationalError

    monkeypatch.setattr(Arrival, "read", away)
    member = Member()
    coming = connection(member)
    consumer = NotificationConsumer(coming, "")
    consumer.open()
    await until(lambda: member.goodbye is not None)
    assert member.goodbye is NO_SNAPSHOT
    consumer.leave()
    assert local_followers().find("inbox:7") is None
    assert not local_hub().size(user_group("7"))


async def test_whoever_leaves_before_it_was_answered_leaves_nothing_behind(settings):
    settings.HUBBUB_DATABASE_THREADS = 1  # who asks later is answered later
    groups = local_hub().groups()
    coming = connection(Member(), query=b"unread=1", extended=True)
    consumer = NotificationConsumer(coming, "")
    consumer.open()
    consumer.leave()
    consumer.leave()
    marker = connection(Member(), caller=Caller(8, "bob"))
    later = NotificationConsumer(marker, "")
    later.open()
    await until(lambda: bool(marker.outlet.wire))
    later.leave()
    assert coming.failed == []
    assert coming.outlet.wire == []
    assert local_hub().groups() == groups
    assert local_followers().find("inbox:7") is None


async def test_an_anonymous_client_after_the_first_costs_no_query(monkeypatch):
    await join("")
    monkeypatch.setattr(Arrival, "read", None)
    coming = connection(Member(), caller=Caller())
    consumer = NotificationConsumer(coming, "")
    consumer.open()
    (status,) = coming.outlet.frames()
    epoch = (await in_database(extent, EVERYONE)).epoch
    assert status["cursor"] == f",{epoch}:0"
    assert local_hub().size(user_group("")) == 2
    consumer.leave()


@pytest.mark.parametrize(
    ("inbox", "opening", "queries"),
    [
        ("", Opening(), 1),
        ("7", Opening(), 3),
        ("7", Opening(unread=True), 4),
        ("7", Opening(Both(None, None), unread=True), 4),
        ("7", Opening(read_cursor(":0,:0"), unread=True), 5),
        ("", Opening(read_cursor(",:0")), 2),
    ],
)
def test_coming_in_takes_a_few_queries(inbox, opening, queries, django_assert_num_queries):
    for index in range(20):
        services.send(title=str(index), message="M", user_id=7 if index % 2 else None)
    with django_assert_num_queries(queries):
        Arrival(inbox, opening).read()


async def test_a_reading_is_told_to_extended_ones_alone():
    extended, plain = await join("7"), await join("7", extended=False)
    await send(user_id=7)
    await in_database(services.read_all, user_id=7)
    await send(user_id=7)
    assert [frame["type"] for frame in await hear(plain, 2)] == ["notification"] * 2
    assert [read_cursor(frame["cursor"]).own.seq for frame in plain.frames()] == [1, 3]
    await until(lambda: "unread_count" in [frame["type"] for frame in extended.frames()])
    frames = extended.frames()
    kinds = [frame["type"] for frame in frames]
    after = kinds[kinds.index("unread_count") :].count("notification")
    assert frames[kinds.index("unread_count")]["count"] + after == 1


async def test_a_count_says_how_far_its_client_has_come():
    member = await join("7")
    await send()
    await in_database(services.read_all, user_id=7)
    count = (await hear(member, 2))[1]
    assert count["type"] == "unread_count"
    place = read_cursor(count["cursor"])
    assert (place.own.seq, place.everyone.seq) == (1, 1)


async def test_what_was_read_and_deleted_while_the_unread_are_counted_is_no_news(monkeypatch):
    member = await join("7")
    await send(user_id=7)
    await hear(member, 1)
    cursor, once = local_followers().find("inbox:7"), []

    def interrupted(*, inbox, upto):
        count = unread_count(inbox=inbox, upto=upto)
        if not once:
            once.append(services.read_all(user_id=7))
            while cursor.told == 1:
                time.sleep(0.01)
        return count

    monkeypatch.setattr(readers, "unread_count", interrupted)
    readers.local_readers().recount("7")
    frames = await hear(member, 3)
    assert [frame["count"] for frame in frames[1:]] == [1, 0]


def test_more_was_read_elsewhere_than_is_looked_through(monkeypatch):
    for _ in range(6):
        (one,) = services.send(title="T", message="M", user_id=7)
        services.read_all(user_id=7)
    for span, recovered in ((12, True), (11, False)):
        monkeypatch.setattr(opening, "SPAN", span)
        member = Member()
        cursor = f"{one.epoch}:0,:0"
        member.write(Arrival("7", Opening(read_cursor(cursor))).read().frames)
        assert member.frames()[1]["recovered"] is recovered
