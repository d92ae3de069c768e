from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from hubbub.journal.streams import Streams


def position_of(streams: Streams, name: str) -> tuple[int, str]:
    return streams.read(name, lambda seq, epoch: (seq, epoch))


def ignore(seq: int) -> int:
    """Tell nobody."""
    return seq


def test_events_are_numbered_from_one_without_gaps():
    streams = Streams()
    assert [streams.append("room", ignore) for _ in range(3)] == [1, 2, 3]


def test_what_the_telling_returns_is_returned():
    assert Streams().append("room", lambda seq: f"event {seq}") == "event 1"


def test_every_stream_has_numbers_of_its_own():
    streams = Streams()
    streams.append("room", ignore)
    assert streams.append("other", ignore) == 1


def test_a_number_whose_telling_failed_is_given_to_the_next_event():
    streams = Streams()

    def fail(_: int) -> None:
        raise ZeroDivisionError

    streams.append("room", ignore)
    with pytest.raises(ZeroDivisionError):
        streams.append("room", fail)
    assert streams.append("room", ignore) == 2


def test_a_reader_sees_the_last_number_and_the_epoch():
    streams = Streams(new_epoch=lambda: "k3f9")
    assert position_of(streams, "room") == (0, "k3f9")
    streams.append("room", ignore)
    assert position_of(streams, "room") == (1, "k3f9")


def test_an_epoch_stays_while_the_numbering_does():
    numbers = count()
    streams = Streams(new_epoch=lambda: f"e{next(numbers)}")
    for _ in range(3):
        streams.append("room", ignore)
    assert position_of(streams, "room") == position_of(streams, "room") == (3, "e0")
    assert position_of(streams, "other") == (0, "e1")


def test_epochs_of_two_processes_differ():
    assert position_of(Streams(), "room") != position_of(Streams(), "room")


def test_a_stream_forgotten_for_the_sake_of_others_begins_anew_under_another_epoch():
    streams = Streams(limit=2)
    before = position_of(streams, "first")
    streams.append("second", ignore)
    streams.append("third", ignore)
    assert position_of(streams, "first")[1] != before[1]
    assert position_of(streams, "third")[0] == 1


@pytest.mark.parametrize("use", [Streams.append, Streams.read])
def test_a_stream_in_use_is_not_forgotten_however_many_names_are_made_up(use):
    streams = Streams(limit=3)
    streams.append("busy", ignore)
    _, epoch = position_of(streams, "busy")
    for number in range(20):
        streams.append(f"made-up-{number}", ignore)
        use(streams, "busy", lambda *_: None)
    assert position_of(streams, "busy")[1] == epoch
    assert len(streams._streams) == 3


def test_what_is_told_may_look_at_a_stream():
    streams = Streams()
    assert streams.append("room", lambda _: position_of(streams, "other"))[0] == 0


def test_threads_get_every_number_once_and_tell_them_in_order():
    streams, told = Streams(), []
    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda _: streams.append("room", note_in(told)), range(800)))
    assert sorted(numbers) == list(range(1, 801))
    assert told == list(range(1, 801))


def note_in(told: list[int]):
    def tell(seq: int) -> int:
        told.append(seq)
        return seq

    return tell


def test_no_event_is_told_while_a_reader_looks():
    streams, told = Streams(), []
    with ThreadPoolExecutor(1) as threads:

        def look(seq: int, _: str) -> None:
            threads.submit(streams.append, "room", told.append)
            assert (seq, told) == (0, [])

        streams.read("room", look)
    assert told == [1]
