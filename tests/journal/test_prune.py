"""Pruning takes the beginning of a stream, never something from its middle."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.chat.selectors import history_page
from hubbub.counter import services as counter
from hubbub.counter.models import Change
from hubbub.counter.selectors import counter_read
from hubbub.journal import prune as pruning
from hubbub.journal.models import Stream
from hubbub.journal.prune import Pruned, Rule, age_rules, prune, setting_rules
from hubbub.journal.read import extent
from hubbub.notifications import services as notifications
from hubbub.notifications.models import Notification
from hubbub.streams.selectors import recovery_open
from hubbub.wire.codec import read_frame

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 3)
    monkeypatch.setattr(pruning, "BREATH", 0)


def fill(room: str, *ages: int) -> None:
    """A room with a message of each age, in days."""
    for age in ages:
        seq = chat.post(room=room, message=f"{age} days old").seq
        Message.objects.filter(name=room, seq=seq).update(created=NOW - age * DAY)


def seqs(room: str) -> list[int]:
    return list(Message.objects.filter(name=room).order_by("seq").values_list("seq", flat=True))


def older_than(days: int, **options):
    return {one.label: one for one in prune(age_rules(days * DAY, NOW), **options)}


def test_what_is_older_goes_and_the_stream_says_where_it_begins():
    fill("a", 9, 8, 7, 6, 5, 4, 1, 0)
    assert older_than(5)["chat"] == Pruned("chat", 4, 1)
    assert seqs("a") == [5, 6, 7, 8]
    where = extent("chat:a")
    assert (where.first_seq, where.last_seq) == (5, 8)


def test_nothing_older_nothing_goes():
    fill("a", 3, 2)
    assert older_than(5)["chat"] == Pruned("chat", 0, 0)
    assert extent("chat:a").first_seq == 1


def test_a_whole_stream_may_go_and_its_numbers_go_on():
    fill("a", 9, 8, 7, 6)
    assert older_than(1)["chat"].events == 4
    assert seqs("a") == []
    assert extent("chat:a").first_seq == 5
    assert chat.post(room="a", message="again").seq == 5


def test_pruning_again_finds_the_rest_only():
    fill("a", 9, 8, 3, 2)
    assert older_than(5)["chat"].events == 2
    assert older_than(5)["chat"].events == 0
    assert older_than(3 - 1)["chat"].events == 1
    assert seqs("a") == [4]


def test_an_old_event_behind_a_newer_one_stays():
    """A clock went back: what is kept is a range, so more is kept rather than less."""
    fill("a", 9, 1, 8, 0)
    older_than(5)
    assert seqs("a")[-1] == 4
    assert seqs("a") == list(range(extent("chat:a").first_seq, 5))


def test_a_number_of_the_newest_is_kept_in_each_room():
    fill("a", 5, 4, 3, 2, 1, 0)
    fill("b", 1, 0)
    assert prune({"chat": Rule(number=4)}) == [Pruned("chat", 2, 1)]
    assert seqs("a") == [3, 4, 5, 6]
    assert seqs("b") == [1, 2]


def test_with_both_rules_each_takes_what_it_takes():
    fill("a", 9, 8, 7, 1, 0)
    fill("b", 1, 1, 1, 1)
    assert prune({"chat": Rule(before=NOW - 5 * DAY, number=3)}) == [Pruned("chat", 4, 2)]
    assert seqs("a") == [4, 5]
    assert seqs("b") == [2, 3, 4]


def test_a_dry_run_counts_what_would_go():
    fill("a", 9, 8, 7, 6, 5, 4, 1)
    assert older_than(5, dry_run=True)["chat"] == Pruned("chat", 4, 1)
    assert len(seqs("a")) == 7
    assert extent("chat:a").first_seq == 1


def test_a_counter_keeps_its_value():
    for _ in range(5):
        counter.change(action="increment", name="a", value=2)
    Change.objects.filter(seq__lte=4).update(created=NOW - 9 * DAY)
    assert older_than(5)["counter"] == Pruned("counter", 4, 1)
    assert counter_read(name="a") == (10, 5)
    assert counter.change(action="decrement", name="a").seq == 6


@pytest.mark.parametrize(("stream", "inbox"), [("inbox:7", "7"), ("everyone", "")])
def test_inboxes_and_that_of_everyone_are_pruned_likewise(stream, inbox):
    Stream.objects.create(name=stream, epoch="e", last_seq=4)
    for seq in range(1, 5):
        Notification.objects.create(name=inbox, seq=seq, created=NOW - (10 - 2 * seq) * DAY)
    assert older_than(5)["notifications"] == Pruned("notifications", 2, 1)
    assert extent(stream).first_seq == 3
    assert list(Notification.objects.values_list("seq", flat=True)) == [3, 4]


def test_who_comes_back_from_before_the_beginning_is_told_so():
    fill("a", 9, 8, 7, 1, 0)
    older_than(5)
    epoch = extent("chat:a").epoch
    frames, where, recovered = recovery_open(stream="chat:a", since=2, epoch=epoch)
    assert (read_frame(frames)["recovered"], where.last_seq, recovered) == (False, 5, False)
    _, _, recovered = recovery_open(stream="chat:a", since=3, epoch=epoch)
    assert recovered
    _, _, recovered = recovery_open(stream="chat:a", since=5, epoch=epoch)
    assert recovered


def test_history_ends_at_the_beginning():
    fill("a", 9, 8, 7, 1, 0)
    older_than(5)
    page = history_page(room="a", limit=2)
    assert (len(page.messages), page.more) == (2, False)
    assert history_page(room="a", limit=2, before=4).messages == []


def test_an_id_is_forgotten_with_its_message():
    first = chat.post(room="a", message="Hello", request_id="c-1")
    Message.objects.update(created=NOW - 9 * DAY)
    older_than(5)
    again = chat.post(room="a", message="Hello", request_id="c-1")
    assert (first.seq, again.seq, again.again) == (1, 2, False)


def test_rows_and_beginning_move_together_or_not_at_all(monkeypatch):
    fill("a", *[9] * 8)

    def fail(seconds):
        raise DatabaseError

    monkeypatch.setattr(pruning, "sleep", fail)
    with pytest.raises(DatabaseError):
        older_than(5)
    assert seqs("a") == [4, 5, 6, 7, 8]
    assert extent("chat:a").first_seq == 4


def test_what_is_stored_meanwhile_stays(monkeypatch):
    fill("a", *[9] * 8)
    monkeypatch.setattr(pruning, "sleep", lambda _: chat.post(room="a", message="new"))
    older_than(5)
    assert seqs("a") == [9, 10]


def test_rooms_with_nothing_to_prune_cost_no_query_of_their_own():
    for number in range(20):
        fill(f"room-{number}", 1)
    with CaptureQueriesContext(connection) as queries:
        older_than(5)
    assert len(queries) <= 6


def test_rules_come_from_the_settings(settings):
    assert setting_rules(NOW) == {}
    settings.HUBBUB_CHAT_KEEP_DAYS = 30
    settings.HUBBUB_CHAT_KEEP_MESSAGES = 1000
    settings.HUBBUB_COUNTER_KEEP_CHANGES = 5
    settings.HUBBUB_NOTIFICATIONS_KEEP_DAYS = 7
    assert setting_rules(NOW) == {
        "chat": Rule(NOW - 30 * DAY, 1000),
        "counter": Rule(None, 5),
        "notifications": Rule(NOW - 7 * DAY, None),
    }


def run(*words: str) -> list[str]:
    out = StringIO()
    call_command("hubbub_prune", *words, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_says_what_went():
    fill("a", 9, 8, 1)
    assert run("--older-than", "5d", "--dry-run")[0] == "chat: would prune 2 events of 1 streams"
    assert run("--older-than", "1w") == [
        "chat: pruned 2 events of 1 streams",
        "counter: pruned 0 events of 0 streams",
        "game: pruned 0 events of 0 streams",
        "notifications: pruned 0 events of 0 streams",
        "sheet: pruned 0 events of 0 streams",
    ]


def test_without_an_age_the_command_takes_the_settings(settings):
    fill("a", 9, 8, 1)
    (sentence,) = run()
    assert sentence.startswith("Everything is kept: ")
    settings.HUBBUB_CHAT_KEEP_MESSAGES = 1
    assert run() == ["chat: pruned 2 events of 1 streams"]


@pytest.mark.parametrize("age", ["30", "0d", "-1d", "month", "999999w", ""])
def test_an_age_that_is_none_is_refused(age):
    with pytest.raises(CommandError, match="an age looks like 12h, 30d or 8w"):
        run(f"--older-than={age}")


def test_what_a_user_has_read_is_not_among_the_number_that_is_kept():
    for title in "abcdef":
        notifications.send(title=title, message="M", user_id=7)
        notifications.read(user_id=7, number=Notification.objects.get(title=title).pk)
    assert prune({"notifications": Rule(number=3)}) == [Pruned("notifications", 5, 1)]
    kept = Notification.objects.order_by("seq").values_list("title", "seq")
    assert list(kept) == [("", 6), ("d", 7), ("", 8), ("e", 9), ("", 10), ("f", 11), ("", 12)]
    assert prune({"notifications": Rule(number=3)}) == [Pruned("notifications", 0, 0)]


def test_a_reading_grows_old_as_what_was_read():
    notifications.send(title="all", message="M")
    notifications.read_all(user_id=7)
    Notification.objects.update(created=NOW - 9 * DAY)
    assert prune({"notifications": Rule(before=NOW - 5 * DAY)}) == [Pruned("notifications", 2, 2)]
    assert extent("inbox:7").first_seq == 2
