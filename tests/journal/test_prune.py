"""Pruning takes the beginning of a stream, never something from its middle."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hubbub.journal import prune as pruning
from hubbub.journal.prune import Pruned, Rule, age_rules, prune, setting_rules
from hubbub.journal.read import extent
from hubbub.journal.table import tables
from hubbub.streams.selectors import history_page, recovery_open
from hubbub.wire.codec import read_frame
from tests.journal.entries import publish
from tests.toys.models import Games
from tests.toys.pads import Line, Pads

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 3)
    monkeypatch.setattr(pruning, "BREATH", 0)


def fill(pad: str, *ages: int) -> None:
    """A pad with a line of each age, in days."""
    for age in ages:
        seq = publish(pad, f"{age} days old").seq
        Line.objects.filter(name=pad, seq=seq).update(created=NOW - age * DAY)


def seqs(pad: str) -> list[int]:
    return list(Line.objects.filter(name=pad).order_by("seq").values_list("seq", flat=True))


def older_than(days: int, **options):
    return {one.label: one for one in prune(age_rules(days * DAY, NOW), **options)}


def test_what_is_older_goes_and_the_stream_says_where_it_begins():
    fill("a", 9, 8, 7, 6, 5, 4, 1, 0)
    assert older_than(5)["pad"] == Pruned("pad", 4, 1)
    assert seqs("a") == [5, 6, 7, 8]
    where = extent("pad:a")
    assert (where.first_seq, where.last_seq) == (5, 8)


def test_nothing_older_nothing_goes():
    fill("a", 3, 2)
    assert older_than(5)["pad"] == Pruned("pad", 0, 0)
    assert extent("pad:a").first_seq == 1


def test_a_whole_stream_may_go_and_its_numbers_go_on():
    fill("a", 9, 8, 7, 6)
    assert older_than(1)["pad"].events == 4
    assert seqs("a") == []
    assert extent("pad:a").first_seq == 5
    assert publish("a", "again").seq == 5


def test_pruning_again_finds_the_rest_only():
    fill("a", 9, 8, 3, 2)
    assert older_than(5)["pad"].events == 2
    assert older_than(5)["pad"].events == 0
    assert older_than(3 - 1)["pad"].events == 1
    assert seqs("a") == [4]


def test_an_old_event_behind_a_newer_one_stays():
    """A clock went back: what is kept is a range, so more is kept rather than less."""
    fill("a", 9, 1, 8, 0)
    older_than(5)
    assert seqs("a")[-1] == 4
    assert seqs("a") == list(range(extent("pad:a").first_seq, 5))


def test_a_number_of_the_newest_is_kept_on_each_pad():
    fill("a", 5, 4, 3, 2, 1, 0)
    fill("b", 1, 0)
    assert prune({"pad": Rule(number=4)}) == [Pruned("pad", 2, 1)]
    assert seqs("a") == [3, 4, 5, 6]
    assert seqs("b") == [1, 2]


def test_with_both_rules_each_takes_what_it_takes():
    fill("a", 9, 8, 7, 1, 0)
    fill("b", 1, 1, 1, 1)
    assert prune({"pad": Rule(before=NOW - 5 * DAY, number=3)}) == [Pruned("pad", 4, 2)]
    assert seqs("a") == [4, 5]
    assert seqs("b") == [2, 3, 4]


def test_a_dry_run_counts_what_would_go():
    fill("a", 9, 8, 7, 6, 5, 4, 1)
    assert older_than(5, dry_run=True)["pad"] == Pruned("pad", 4, 1)
    assert len(seqs("a")) == 7
    assert extent("pad:a").first_seq == 1


def test_who_comes_back_from_before_the_beginning_is_told_so():
    fill("a", 9, 8, 7, 1, 0)
    older_than(5)
    epoch = extent("pad:a").epoch
    frames, where, recovered = recovery_open(stream="pad:a", since=2, epoch=epoch)
    assert (read_frame(frames)["recovered"], where.last_seq, recovered) == (False, 5, False)
    _, _, recovered = recovery_open(stream="pad:a", since=3, epoch=epoch)
    assert recovered
    _, _, recovered = recovery_open(stream="pad:a", since=5, epoch=epoch)
    assert recovered


def test_history_ends_at_the_beginning():
    fill("a", 9, 8, 7, 1, 0)
    older_than(5)
    page = history_page(stream="pad:a", limit=2)
    assert (len(page.events), page.more) == (2, False)
    assert history_page(stream="pad:a", limit=2, before=4).events == []


def test_an_id_is_forgotten_with_its_event():
    first = publish("a", "Hello", request_id="c-1")
    Line.objects.update(created=NOW - 9 * DAY)
    older_than(5)
    again = publish("a", "Hello", request_id="c-1")
    assert (first.seq, again.seq, again.again) == (1, 2, False)


def test_rows_and_beginning_move_together_or_not_at_all(monkeypatch):
    fill("a", *[9] * 8)

    def fail(seconds):
        raise DatabaseError

    monkeypatch.setattr(pruning, "sleep", fail)
    with pytest.raises(DatabaseError):
        older_than(5)
    assert seqs("a") == [4, 5, 6, 7, 8]
    assert extent("pad:a").first_seq == 4


def test_what_a_projects_rows_hold_stays_and_the_rest_goes():
    def hold(instance, **_):
        if instance.name == "a":
            raise ProtectedError("a note refers to it", {instance})

    fill("a", 9, 8)
    fill("b", 9, 8)
    pre_delete.connect(hold, sender=Line)
    out = StringIO()
    try:
        with pytest.raises(CommandError, match=r"^pad:a: a note refers to it$"):
            call_command("hubbub_prune", "--older-than", "5d", stdout=out)
    finally:
        pre_delete.disconnect(hold, sender=Line)
    assert "pad: pruned 2 events of 1 streams" in out.getvalue()
    assert (seqs("a"), seqs("b")) == ([1, 2], [])
    assert (extent("pad:a").first_seq, extent("pad:b").first_seq) == (1, 3)


def test_what_is_stored_meanwhile_stays(monkeypatch):
    fill("a", *[9] * 8)
    monkeypatch.setattr(pruning, "sleep", lambda _: publish("a", "new"))
    older_than(5)
    assert seqs("a") == [9, 10]


def test_pads_with_nothing_to_prune_cost_no_query_of_their_own():
    def queries():
        with CaptureQueriesContext(connection) as asked:
            older_than(5)
        return len(asked)

    none = queries()
    for number in range(20):
        fill(f"pad-{number}", 1)
    assert queries() == none


def test_rules_are_what_a_kind_says_that_is_kept(monkeypatch):
    assert setting_rules(NOW) == {}
    monkeypatch.setattr(Pads, "keep_days", 30)
    monkeypatch.setattr(Pads, "keep_events", 1000)
    monkeypatch.setattr(Games, "keep_events", 5)
    assert setting_rules(NOW) == {"pad": Rule(NOW - 30 * DAY, 1000), "game": Rule(None, 5)}


def run(*words: str) -> list[str]:
    out = StringIO()
    call_command("hubbub_prune", *words, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_says_what_went_of_every_kind():
    fill("a", 9, 8, 1)
    would, went = run("--older-than", "5d", "--dry-run"), run("--older-than", "1w")
    assert "pad: would prune 2 events of 1 streams" in would
    assert "pad: pruned 2 events of 1 streams" in went
    labels = [line.partition(":")[0] for line in went]
    assert labels == sorted(table.label for table in tables())
    assert {"chat", "counter", "game", "notifications", "pad"} < set(labels)


def test_without_an_age_the_command_takes_the_settings(monkeypatch):
    fill("a", 9, 8, 1)
    (sentence,) = run()
    assert sentence.startswith("Everything is kept: ")
    monkeypatch.setattr(Pads, "keep_events", 1)
    assert run() == ["pad: pruned 2 events of 1 streams"]


@pytest.mark.parametrize("age", ["30", "0d", "-1d", "month", "999999w", ""])
def test_an_age_that_is_none_is_refused(age):
    with pytest.raises(CommandError, match="an age looks like 12h, 30d or 8w"):
        run(f"--older-than={age}")
