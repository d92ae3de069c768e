"""What is said in a room and what becomes of it, in the table and to those who hear of it."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from hubbub.chat.services import change_entry, message_entry, post
from hubbub.crossing import in_database
from hubbub.errors import IdConflictError, InvalidMessageError, NotFoundError
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.journal import attach as attaching
from hubbub.journal import followers as module
from hubbub.journal.process import event_of
from hubbub.journal.prune import Pruned, Rule, prune, setting_rules
from hubbub.streams.opening import Opening
from hubbub.streams.selectors import history_page
from hubbub.testing.lying import LyingBus
from tests.journal.entries import frames, put
from tests.journal.members import Member, enter, join, new_followers, until
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)
LAST = Opening(history=200, since=None, epoch=None)


@pytest.fixture
def room():
    return new_name()


def say(room, message, request_id="", user_id=None):
    """Something said in a room."""
    return message_entry(room=room, message=message, user_id=user_id, request_id=request_id)


def known(member: Member) -> dict[int, str | None]:
    """What a member knows of a room by a page and what came after it: None for what is deleted."""
    said: dict[int, str | None] = {}
    for frame in member.frames():
        for event in frame.get("messages", [frame]):
            if event["type"] == "chat_message":
                said[event["seq"]] = None if event.get("deleted") else event["message"]
            elif event["type"] == "message_deleted":
                said[event["deleted"]] = None
            elif event["type"] == "message_edited" and said.get(event["edited"]) is not None:
                said[event["edited"]] = event["message"]
    return said


def test_what_is_told_is_what_is_read_back(room):
    said = put([say(room, "grüße \U0001f98a"), say(room, "b", "id", user_id=7)])
    assert [(one.seq, one.frame) for one in said] == frames(f"chat:{room}")


def test_the_same_message_under_one_id_is_said_once_and_another_is_a_conflict(room):
    first, again, other = put([say(room, "a", "id"), say(room, "a", "id"), say(room, "b", "id")])
    assert (again.seq, again.timestamp, again.again) == (1, first.timestamp, True)
    assert isinstance(other, IdConflictError)
    (again,) = put([say(room, "a", "id")])
    assert (again.seq, again.again) == (1, True)
    assert put([say(room, "a", "id", user_id=7)])[0].seq == 2, "from another sender it is another"


def test_what_nobody_may_say_is_refused(room):
    with pytest.raises(InvalidMessageError):
        post(room=room, message=" ")


def test_of_two_deletions_in_one_commit_the_second_uses_up_no_number(room):
    put([say(room, "a")])
    deletion = change_entry(room=room, seq=1)
    first, second, after = put([deletion, deletion, say(room, "b")])
    assert isinstance(second, NotFoundError)
    assert (first.seq, after.seq) == (2, 3)


def test_pruned_and_kept_as_the_settings_say(room, settings):
    assert setting_rules(timezone.now()) == {}
    settings.HUBBUB_CHAT_KEEP_DAYS = 30
    settings.HUBBUB_CHAT_KEEP_MESSAGES = 2
    now = timezone.now()
    rules = setting_rules(now)
    assert rules == {"chat": Rule(now - timedelta(days=30), 2)}
    for text in "abc":
        post(room=room, message=text)
    assert prune(rules) == [Pruned("chat", 1, 1)]
    kept = map(bytes, history_page(stream=f"chat:{room}", limit=9).messages)
    assert [b'"b"' in one for one in kept] == [True, False]


class Life:
    """A room in which things are said, edited and deleted by chance; its bus lies."""

    def __init__(self, room, seed):
        self.room, self.random = room, Random(seed)
        self.bus = LyingBus(self.random, eager=True)
        self.followers = new_followers(self.bus)
        self.last, self.standing = 0, []

    async def store(self, *entries):
        stored = await in_database(put, entries)
        self.last += len(entries)
        self.bus.publish([event_of(one) for one in stored])
        return stored

    async def say(self, *texts):
        self.standing += [one.seq for one in await self.store(*(say(self.room, t) for t in texts))]

    async def edit(self, number):
        await self.change(self.random.choice(self.standing), f"edited {number}")

    async def delete(self):
        gone = self.standing.pop(self.random.randrange(len(self.standing)))
        await self.change(gone, None)

    async def change(self, seq, message):
        await self.store(
            await in_database(lambda: change_entry(room=self.room, seq=seq, message=message))
        )

    async def go_on(self, number):
        doing = self.random.random()
        if doing < 0.4 or not self.standing:
            await self.say(*(f"{number}.{index}" for index in range(self.random.randint(1, 3))))
        elif doing < 0.7:
            await self.edit(number)
        else:
            await self.delete()


@pytest.mark.parametrize("seed", range(4))
async def test_a_page_and_the_events_after_it_are_the_later_page_whatever_was_edited_and_deleted(
    room, monkeypatch, seed
):
    monkeypatch.setattr(module, "GRACE", 0.002)
    monkeypatch.setattr(module, "CHECK", 0.1)
    monkeypatch.setattr(attaching, "PATIENCE", 0.02)
    life, stream = Life(room, seed), f"chat:{room}"
    plain, extended = [await join(life.followers, stream, mark) for mark in (PLAIN, EXTENDED)]
    members = [extended]
    for number in range(40):
        await life.go_on(number)
        if number % 5 == 0:
            members.append(await enter(life.followers, stream, LAST))
    await life.say("the end")
    final = known(await enter(life.followers, stream, LAST))
    assert "the end" in final.values()
    assert None in final.values(), "something was deleted"
    assert any(str(text).startswith("edited") for text in final.values())
    await until(lambda: all("the end" in known(member).values() for member in (*members, plain)))
    for member in members:
        assert known(member) == final, f"seed {seed}"
    assert extended.seqs() == list(range(1, life.last + 1)), "all of it, in its order"
    said = [frame for frame in extended.frames() if frame["type"] == "chat_message"]
    assert plain.frames() == said, "and the others the same, but for what they do not know"
