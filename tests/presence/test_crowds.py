"""The crowds of a process: by name, as long as somebody is there."""

import asyncio
from threading import Thread

import pytest

from hubbub import anew
from hubbub.fanout.hub import local_hub
from hubbub.presence.crowds import Crowds
from hubbub.presence.roll import Roll


class Crowd:
    """One that notes what becomes of it."""

    def __init__(self, name):
        self.name, self.roll, self.cancelled = name, Roll(), False

    def enter(self, user_id, username, outlet):
        self.roll.enter(user_id, username)

    def leave(self, user_id, username):
        self.roll.leave(user_id)

    def timers(self):
        return self.roll.connections

    def cancel(self):
        self.cancelled = True


@pytest.fixture
def crowds(monkeypatch):
    monkeypatch.setattr(anew, "_forgets", [])
    return Crowds(Crowd)


def test_a_crowd_is_kept_until_the_last_one_goes(crowds):
    assert crowds.find("a") is None
    crowds.enter("a", 7, "ada")
    crowds.enter("a", None, "")
    found = crowds.find("a")
    assert (found.name, found.roll.count, crowds.timers()) == ("a", 2, 2)
    crowds.leave("a", 7, "ada")
    assert crowds.find("a") is found
    assert not found.cancelled
    crowds.leave("a", None, "")
    assert crowds.find("a") is None
    assert found.cancelled


def test_who_leaves_a_crowd_that_was_forgotten_is_no_error(crowds):
    crowds.enter("a", 7, "ada")
    found = crowds.find("a")
    crowds.forget()
    assert found.cancelled
    crowds.leave("a", 7, "ada")
    assert crowds.find("a") is None


def test_a_lock_that_nobody_can_give_back_is_forgotten_too(crowds):
    holder = Thread(target=crowds._lock.acquire)
    holder.start()
    holder.join()
    crowds.forget()
    crowds.enter("a", 7, "ada")
    assert crowds.find("a").roll.count == 1


async def test_while_somebody_serves_nobody_is_forgotten(crowds):
    local_hub()
    crowds.enter("a", 7, "ada")
    await asyncio.to_thread(crowds.forget)
    assert crowds.find("a").roll.count == 1


def test_all_who_come_and_go_at_once_are_counted(crowds):
    def come_and_go():
        for _ in range(500):
            crowds.enter("a", None, "")
            crowds.enter("a", None, "")
            crowds.leave("a", None, "")

    threads = [Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crowds.find("a").roll.count == 2000
