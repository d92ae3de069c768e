"""Sending and reading, from Python."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from hubbub.errors import IdConflictError, InvalidFormatError, NotFoundError
from hubbub.journal.models import Stream
from hubbub.journal.read import Position, extent
from hubbub.notifications import selectors, services
from hubbub.notifications.cursor import Both
from hubbub.notifications.inbox import inbox_of
from hubbub.notifications.models import Mark, Notification, Reading
from hubbub.notifications.selectors import inbox_page, marks_of, unread_count

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("writer_ends"),
]


def send(title="T", **keys):
    return services.send(title=title, message="M", **keys)


def titles(user_id, **keys):
    page = inbox_page(inbox=str(user_id), limit=keys.pop("limit", 50), **keys)
    return [one.title for one in page.notifications]


def number(title):
    return Notification.objects.get(title=title).pk


def test_one_row_serves_everyone(told):
    send("all")
    assert told == [("everyone", 1)]
    assert Notification.objects.count() == 1
    assert titles(7) == titles(8) == ["all"]


def test_a_users_own_is_nobody_elses(told):
    send("own", user_id=7)
    assert told == [("inbox:7", 1)]
    assert (titles(7), titles(70), titles(8)) == (["own"], [], [])


def test_some_users_get_it_each_once_in_one_transaction(told):
    stored = send("some", user_ids=[9, 7, "9", 8])
    assert [one.seq for one in stored] == [1, 1, 1]
    assert sorted(told) == [("inbox:7", 1), ("inbox:8", 1), ("inbox:9", 1)]
    assert titles(9) == ["some"]


def test_to_no_users_nothing_is_sent(told):
    assert send(user_ids=[]) == []
    assert told == []


def test_very_many_users(told):
    assert len(send(user_ids=range(1201))) == 1201
    assert len(told) == 1201
    assert titles(1200) == ["T"]


def test_in_a_transaction_it_is_told_after_the_commit(told):
    with transaction.atomic():
        send("a", user_id=7)
        send("b")
        assert titles(7) == ["a", "b"]
        assert told == []
    assert told == [("inbox:7", 1), ("everyone", 1)]


def test_rolled_back_nothing_is_stored_and_nothing_told(told):
    send("a", user_id=7)

    def fail():
        with transaction.atomic():
            send("b", user_id=7)
            send("b")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    send("c", user_id=7)
    assert told == [("inbox:7", 1), ("inbox:7", 2)]
    assert titles(7) == ["a", "c"]


def test_with_an_id_it_is_stored_once_for_each_of_them(told):
    for _ in range(2):
        stored = send("a", user_ids=[7, 8], request_id="r", sender_id=1)
        assert [one.seq for one in stored] == [1, 1]
    assert len(told) == 2
    send("a", user_ids=[8, 9], request_id="r", sender_id=1)
    assert [titles(user) for user in (7, 8, 9)] == [["a"], ["a"], ["a"]]
    send("a", user_id=7, request_id="r", sender_id="1")
    assert titles(7) == ["a", "a"]


def test_with_an_id_that_was_used_for_something_else_nobody_gets_it(told):
    send("a", user_id=8, request_id="r")
    with pytest.raises(IdConflictError):
        send("b", user_ids=[7, 8, 9], request_id="r")
    assert told == [("inbox:8", 1)]
    assert Notification.objects.count() == 1


async def test_the_async_twin_does_the_same(told):
    keys = {"title": "T", "message": "M", "request_id": "r"}
    await services.asend(**keys, user_ids=[7, 8])
    await services.asend(**keys, user_id=7)
    await services.asend(**keys)
    assert sorted(told) == [("everyone", 1), ("inbox:7", 1), ("inbox:8", 1)]
    with pytest.raises(IdConflictError):
        await services.asend(**keys | {"title": "other"}, user_ids=[7, 9])
    with pytest.raises(IdConflictError):
        await services.asend(**keys | {"title": "other"})
    assert len(told) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 7},
        {"title": None},
        {"message": "\ud800"},
        {"priority": "urgent"},
        {"priority": ["low"]},
        {"timestamp": 7},
        {"timestamp": "x" * 65},
        {"user_id": "x" * 95},
        {"user_id": ""},
        {"user_id": "\0"},
        {"user_ids": "78"},
        {"user_id": 7, "user_ids": [8]},
        {"request_id": "x" * 65},
    ],
)
def test_what_cannot_be_sent_is_refused_in_both_ways(wrong, told):
    keys = {"title": "T", "message": "M"} | wrong
    with pytest.raises(InvalidFormatError):
        services.send(**keys)
    with pytest.raises(InvalidFormatError):
        asyncio.run(services.asend(**keys))
    assert told == []


@pytest.mark.parametrize("keys", [{}, {"user_ids": [7, 8]}])
async def test_a_text_that_the_database_does_not_take_is_refused(keys, told):
    """PostgreSQL keeps no NUL."""
    sending = services.asend(title="\0", message="M", **keys)
    if connection.vendor == "postgresql":
        with pytest.raises(InvalidFormatError):
            await sending
        assert told == []
    else:
        await sending


def test_a_uuid_names_an_inbox():
    uuid = "8c1f2c0e-6f5a-4d59-9a35-0c2bd2a6f1d4"
    assert inbox_of(UUID(uuid)) == inbox_of(uuid) == uuid


def test_the_timestamp_is_passed_on_or_made():
    send("mine", timestamp="yesterday")
    send("made", timestamp="")
    mine, made = Notification.objects.order_by("id")
    assert mine.timestamp == "yesterday"
    assert made.timestamp.endswith("+00:00")


def test_reading_one_leaves_the_others_unread():
    for title in ("a", "b"):
        send(title)
        send(title + "7", user_id=7)
    assert unread_count(inbox="7") == 4
    services.read(user_id=7, number=number("b"))
    services.read(user_id=7, number=number("b"))
    services.read(user_id=7, number=number("a7"))
    assert unread_count(inbox="7") == 2
    assert titles(7, unread=True) == ["a", "b7"]
    assert unread_count(inbox="8") == 2
    page = inbox_page(inbox="7", limit=50).notifications
    assert [(one.title, one.read) for one in page] == [
        ("a", False),
        ("a7", True),
        ("b", True),
        ("b7", False),
    ]


def test_reading_all_keeps_two_numbers_and_no_rows():
    for title in ("a", "b"):
        send(title)
        send(title, user_id=7)
    services.read(user_id=7, number=1 + Notification.objects.earliest("id").pk)
    services.read_all(user_id=7)
    assert unread_count(inbox="7") == 0
    assert not Reading.objects.exists()
    # The reading of one is an event of the user's own stream, too.
    assert Mark.objects.values_list("own", "everyone").get() == (3, 2)
    send("c")
    assert titles(7, unread=True) == ["c"]
    assert unread_count(inbox="8") == 3


def test_reading_all_up_to_a_place_leaves_what_came_after_it():
    for title in ("a", "b", "c"):
        send(title, user_id=7)
    services.read(user_id=7, number=number("c"))
    services.read_all(user_id=7, upto=Both(Position("", 2), Position("", 0)))
    assert titles(7, unread=True) == []
    assert Reading.objects.count() == 1
    services.read_all(user_id=7, upto=Both(Position("", 1), None))
    assert Mark.objects.get().own == 2
    assert not services.read_all(user_id=7, upto=Both(Position("", 99), Position("", 99)))
    send("d", user_id=7)
    services.read_all(user_id=7, upto=Both(Position("", 99), Position("", 99)))
    assert Mark.objects.values_list("own", "everyone").get() == (6, 0)
    assert not Reading.objects.exists()


def test_reading_is_an_event_of_the_readers_own_stream(told):
    send("all")
    send("own", user_id=7)
    assert services.read(user_id=7, number=number("all"))
    assert services.read_all(user_id=7)
    assert told == [("everyone", 1), ("inbox:7", 1), ("inbox:7", 2), ("inbox:7", 3)]
    rows = Notification.objects.filter(name="7").order_by("seq")
    assert list(rows.values_list("seq", "reads")) == [(1, None), (2, 1), (3, 1)]
    assert extent("inbox:7").last_seq == 3


def test_reading_again_stores_nothing(told):
    assert not services.read_all(user_id=7)
    assert not Stream.objects.exists()
    for title in ("a", "b"):
        send(title)
    services.read(user_id=7, number=number("a"))
    before = list(told), extent("inbox:7").last_seq
    assert not services.read(user_id=7, number=number("a"))
    assert (list(told), extent("inbox:7").last_seq) == before
    services.read_all(user_id=7)
    for _ in range(3):
        assert not services.read_all(user_id=7)
        assert not services.read(user_id=7, number=number("b"))
    assert extent("inbox:7").last_seq == 2


def test_whoever_reads_all_of_it_one_by_one_leaves_two_numbers():
    for title in "abc":
        send(title)
    for title in "cab":
        services.read(user_id=7, number=number(title))
    assert not Reading.objects.exists()
    assert Mark.objects.values_list("own", "everyone").get() == (2, 3)


def test_a_reading_is_in_no_page_and_counts_as_nothing():
    for title in ("a", "b"):
        send(title, user_id=7)
    services.read(user_id=7, number=number("a"))
    assert titles(7) == ["a", "b"]
    assert titles(7, unread=True) == ["b"]
    reading = Notification.objects.exclude(reads=None).get()
    with pytest.raises(NotFoundError):
        services.read(user_id=7, number=reading.pk)
    with pytest.raises(NotFoundError):
        services.delete(number=reading.pk)


def test_a_reading_and_its_event_are_one(told, monkeypatch):
    """What fails after the reading was marked takes the mark with it."""
    send("a")

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("hubbub.notifications.table.insert_rows", fail)
    with pytest.raises(ZeroDivisionError):
        services.read_all(user_id=7)
    assert unread_count(inbox="7") == 1
    assert not Mark.objects.exists()
    assert told == [("everyone", 1)]


def test_many_devices_that_read_all_at_once_are_one_reading():
    for title in "abc":
        send(title)
    with ThreadPoolExecutor(4) as threads:
        read = [threads.submit(reading_thread) for _ in range(8)]
    assert sorted(one.result() for one in read) == [False] * 7 + [True]
    assert extent("inbox:7").last_seq == 1


def reading_thread():
    try:
        return services.read_all(user_id=7)
    finally:
        connection.close()


def test_what_a_user_did_not_get_it_cannot_read():
    send("own", user_id=8)
    for wrong in (number("own"), 0, 10**9):
        with pytest.raises(NotFoundError):
            services.read(user_id=7, number=wrong)


def test_reading_that_is_rolled_back_did_not_happen():
    send("a")

    def fail():
        with transaction.atomic():
            services.read(user_id=7, number=number("a"))
            services.read_all(user_id=7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert unread_count(inbox="7") == 1


def test_a_deleted_one_is_no_more_unread_nor_listed_and_its_text_is_gone(told):
    for title in ("a", "b"):
        send(title)
    gone = number("a")
    stored = services.delete(number=gone)
    assert stored.seq == 3
    assert told[-1] == ("everyone", 3)
    assert titles(7) == ["b"]
    assert unread_count(inbox="7") == 1
    assert Notification.objects.get(pk=gone).message == ""
    with pytest.raises(NotFoundError):
        services.delete(number=gone)
    with pytest.raises(NotFoundError):
        services.read(user_id=7, number=gone)


def test_pages_are_of_one_list_and_say_whether_there_is_more(django_assert_num_queries):
    for index in range(7):
        send(str(index), user_id=None if index % 2 else 7)
    services.read(user_id=7, number=number("3"))
    with django_assert_num_queries(2):
        page = inbox_page(inbox="7", limit=3)
    assert ([one.title for one in page.notifications], page.more) == (["4", "5", "6"], True)
    page = inbox_page(inbox="7", limit=3, before=page.notifications[0].id)
    assert ([one.title for one in page.notifications], page.more) == (["1", "2", "3"], True)
    page = inbox_page(inbox="7", limit=3, before=page.notifications[0].id)
    assert ([one.title for one in page.notifications], page.more) == (["0"], False)
    with django_assert_num_queries(2):
        assert titles(7, unread=True, limit=4) == ["2", "4", "5", "6"]
    with django_assert_num_queries(2):
        assert unread_count(inbox="7") == 6


def test_what_is_read_between_two_questions_is_not_counted_as_unread(monkeypatch):
    """The marks move, and take the single readings along, just after somebody asked for them."""
    for title in "abc":
        send(title)
        send(title + "7", user_id=7)
    for title in ("c", "c7", "b"):
        services.read(user_id=7, number=number(title))
    before = marks_of(inbox="7")
    services.read_all(user_id=7)
    assert unread_count(inbox="7", marks=before) == 0
    monkeypatch.setattr(selectors, "marks_of", lambda *, inbox: before)
    assert titles(7, unread=True) == []
    assert all(one.read for one in inbox_page(inbox="7", limit=50).notifications)
