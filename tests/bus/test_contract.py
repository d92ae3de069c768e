"""What every bell promises, and no more: it may be a bad doorbell, never a trap."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread, get_ident

from hubbub.bus.base import Event
from tests.bus.ears import DEADLINE, Ear


def event(seq: int, stream: str = "chat:general") -> Event:
    return Event(stream, "k3f9", seq, f"event {seq}".encode())


# Every bell.


def test_each_ear_is_told_of_each_commit_elsewhere(rung):
    ears = [Ear(), Ear()]
    for ear in ears:
        rung.bell.listen(ear)
    rung.bell.start()
    for _ in range(3):  # some tell once at the beginning, since there may have been one before
        rung.commit()
        assert all(map(rung.tells, ears))
        for ear in ears:
            ear.forget()


def test_an_ear_that_ended_is_told_no_more_and_the_others_are(rung):
    gone, stays = Ear(), Ear()
    end = rung.bell.listen(gone)
    rung.bell.listen(stays)
    end()
    end()
    rung.bell.start()
    rung.commit()
    assert rung.tells(stays)
    assert not gone.told


def test_a_bell_may_start_and_close_as_often_as_one_likes(rung):
    ear = Ear()
    rung.bell.listen(ear)
    rung.bell.close()
    rung.bell.start()
    rung.bell.start()
    rung.bell.close()
    rung.bell.close()
    rung.bell.start()
    rung.commit()
    assert rung.tells(ear)


# What carries events.


def test_every_ear_at_both_ends_hears_the_publishers_own_included(ends):
    ears = [Ear(), Ear(), Ear()]
    for end, ear in zip((ends[0], ends[0], ends[1]), ears, strict=True):
        end.listen(ear)
    ends[0].publish([event(1), event(2)])
    for ear in ears:
        assert ear.hear(2) == [event(1), event(2)]


def test_an_event_comes_out_as_it_went_in(ends):
    ear = Ear()
    ends[1].listen(ear)
    odd = Event("counter:a.b-c_d", "", 2**53, bytes(range(256)), 2**53, 1, added=True, value=-7)
    ends[0].publish([odd])
    assert ear.hear(1) == [odd]


def test_events_of_all_streams_are_heard(ends):
    ear = Ear()
    ends[1].listen(ear)
    ends[0].publish([event(1, "chat:a"), event(1, "counter:b")])
    assert {one.stream for one in ear.hear(2)} == {"chat:a", "counter:b"}


def test_nothing_to_publish_is_no_error(ends):
    ends[0].publish([])


def test_publishing_while_nobody_listens_is_no_error(ends):
    ends[0].publish([event(1)])


def test_an_ear_may_end_itself_while_it_is_told(ends):
    stays, gone = Ear(), Ear()

    class Once(Ear):
        def ring(self, events) -> None:
            gone.ring(events)
            end()

    end = ends[1].listen(Once())
    ends[1].listen(stays)
    ends[0].publish([event(1)])
    stays.hear(1)
    ends[0].publish([event(2)])
    assert stays.hear(2) == [event(1), event(2)]
    assert gone.heard == [event(1)]


def test_any_thread_may_publish(ends):
    ear = Ear()
    ends[1].listen(ear)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda seq: ends[0].publish([event(seq)]), range(1, 201)))
    assert {one.seq for one in ear.hear(200)} == set(range(1, 201))


def test_publishing_never_waits_for_an_ear_on_another_thread_to_come_back(ends):
    ear = Ear()
    ends[1].listen(ear)
    publisher = Thread(target=ends[0].publish, args=([event(1)],), daemon=True)
    publisher.start()
    publisher.join(DEADLINE)
    assert not publisher.is_alive()
    assert publisher.ident != get_ident()
    assert ear.hear(1) == [event(1)]
