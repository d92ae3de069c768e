"""What every adapter of the bus promises, and no more: it may be a bad doorbell, never a trap."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, get_ident

from hubbub.bus.base import Event

DEADLINE = 5.0


def event(seq: int, stream: str = "chat:general") -> Event:
    return Event(stream, "k3f9", seq, f"event {seq}".encode())


class Ear:
    """A subscriber that notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def __call__(self, events) -> None:
        self.heard += events

    def hear(self, number: int) -> list[Event]:
        """What was heard, once it is as much as that."""
        deadline = time.monotonic() + DEADLINE
        while len(self.heard) < number and time.monotonic() < deadline:
            time.sleep(0.001)
        return self.heard


def test_every_subscriber_at_both_ends_hears_the_publishers_own_included(ends):
    ears = [Ear(), Ear(), Ear()]
    for end, ear in zip((ends[0], ends[0], ends[1]), ears, strict=True):
        end.subscribe(ear)
    ends[0].publish([event(1), event(2)])
    for ear in ears:
        assert ear.hear(2) == [event(1), event(2)]


def test_an_event_comes_out_as_it_went_in(ends):
    ear = Ear()
    ends[1].subscribe(ear)
    odd = Event("counter:a.b-c_d", "", 2**53, bytes(range(256)), 2**53, 1, added=True, value=-7)
    ends[0].publish([odd])
    assert ear.hear(1) == [odd]


def test_events_of_all_streams_are_heard(ends):
    ear = Ear()
    ends[1].subscribe(ear)
    ends[0].publish([event(1, "chat:a"), event(1, "counter:b")])
    assert {one.stream for one in ear.hear(2)} == {"chat:a", "counter:b"}


def test_nothing_to_publish_is_no_error(ends):
    ends[0].publish([])


def test_publishing_while_nobody_subscribes_is_no_error(ends):
    ends[0].publish([event(1)])


def test_a_subscriber_that_ended_hears_no_more_and_the_others_do(ends):
    gone, stays = Ear(), Ear()
    end = ends[1].subscribe(gone)
    ends[1].subscribe(stays)
    end()
    ends[0].publish([event(1)])
    assert stays.hear(1) == [event(1)]
    assert gone.heard == []


def test_ending_twice_is_no_error(ends):
    end = ends[1].subscribe(Ear())
    end()
    end()


def test_a_subscriber_may_end_itself_while_it_is_called(ends):
    ear, ended = Ear(), []

    def hear_once(events) -> None:
        ended.extend(events)
        end()

    end = ends[1].subscribe(hear_once)
    ends[1].subscribe(ear)
    ends[0].publish([event(1)])
    ear.hear(1)
    ends[0].publish([event(2)])
    assert ear.hear(2) == [event(1), event(2)]
    assert ended == [event(1)]


def test_any_thread_may_publish(ends):
    ear = Ear()
    ends[1].subscribe(ear)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda seq: ends[0].publish([event(seq)]), range(1, 201)))
    assert {one.seq for one in ear.hear(200)} == set(range(1, 201))


def test_publishing_never_waits_for_a_subscriber_on_another_thread_to_come_back(ends):
    ear = Ear()
    ends[1].subscribe(ear)
    publisher = Thread(target=ends[0].publish, args=([event(1)],), daemon=True)
    publisher.start()
    publisher.join(DEADLINE)
    assert not publisher.is_alive()
    assert publisher.ident != get_ident()
    assert ear.hear(1) == [event(1)]
