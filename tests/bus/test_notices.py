"""PostgreSQL's bell: what is announced in a transaction is heard by other processes."""

from threading import Event

import pytest
from django.db import connection

from hubbub.bus import notices
from hubbub.bus.notices import Notices
from hubbub.journal.bells import bells
from tests.bus.ears import DEADLINE, Ear, until
from tests.bus.elsewhere import elsewhere, post, post_as_another_process, roll_back

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's own way"),
]


class Name(str):
    """A process's name in its announcements, which notes those that it is compared with."""

    __slots__ = ("heard",)

    def __ne__(self, other):
        self.heard.append(str(other))
        return str(self) != str(other)

    def __hash__(self):
        return super().__hash__()


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def made(monkeypatch, ear):
    """This process's, which has not begun."""
    made = Notices()
    made.listen(ear)
    made.name = Name("this process")
    made.name.heard = []
    monkeypatch.setattr(bells, "notices", made)
    yield made
    made.close()


@pytest.fixture
def bell(made, ear):
    """One that has begun, and has woken."""
    made.start()
    until(lambda: ear.told)
    assert ear.told
    ear.forget()
    return made


def heard_by(bell) -> list[str]:
    """Whose announcements were heard, in order, but for others' real names."""
    return [one if one == "this process" else "another" for one in bell.name.heard]


def test_a_listener_that_is_cut_off_listens_again_and_looks_at_what_it_missed(
    monkeypatch, bell, ear
):
    monkeypatch.setattr(notices, "PAUSE", 0.1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        )
        assert cursor.rowcount >= 1
    until(lambda: ear.woken == 2)  # once for the loss, and once as it listens
    assert ear.woken == 2
    elsewhere(post_as_another_process)
    until(lambda: ear.woken == 3)
    assert ear.woken == 3


def test_what_was_not_committed_is_not_announced(bell, ear):
    elsewhere(roll_back)
    elsewhere(post_as_another_process)
    until(lambda: "another" in heard_by(bell))
    assert heard_by(bell) == ["this process", "this process", "another"]
    until(lambda: ear.told)
    assert ear.woken == 1


def test_what_the_process_stores_itself_wakes_it_not(bell, ear):
    post()
    post_as_another_process()
    until(lambda: "another" in heard_by(bell))
    assert heard_by(bell) == ["this process", "this process", "this process", "another"]
    until(lambda: ear.told)
    assert ear.woken == 1


def test_where_no_notice_comes_it_wakes_often_and_says_so_until_one_does(
    monkeypatch, caplog, made, ear
):
    monkeypatch.setattr(notices, "HEARD_IN", 0.0)
    monkeypatch.setattr(notices, "UNHEARD_EVERY", 0.0)
    monkeypatch.setattr(made, "_announce_alone", lambda: None)
    caplog.set_level("WARNING", logger="hubbub.journal")
    made.start()
    until(lambda: ear.woken >= 4)
    assert ear.woken >= 4
    elsewhere(post_as_another_process)
    until(lambda: len(caplog.messages) >= 2)
    made.close()
    assert [one.split()[0] for one in caplog.messages] == ["notices_unheard", "notices_heard"]
    assert "HUBBUB_LISTEN" in caplog.text


def test_closing_ends_the_thread(bell):
    thread = bell._thread
    bell.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_thread_that_could_not_be_waited_for_ends_though_another_has_begun(
    monkeypatch, made, ear
):
    """It hangs as it connects, longer than a close waits."""
    hangs, goes_on, connect = Event(), Event(), notices.open_listener

    def hang():
        hangs.set()
        goes_on.wait(DEADLINE)
        return connect()

    monkeypatch.setattr(notices, "PAUSE", 0.01)
    monkeypatch.setattr(notices, "open_listener", hang)
    made.start()
    first = made._thread
    assert hangs.wait(DEADLINE)
    made.close()
    monkeypatch.setattr(notices, "open_listener", connect)
    made.start()
    goes_on.set()
    first.join(DEADLINE)
    assert not first.is_alive()
    assert made._thread.is_alive()
