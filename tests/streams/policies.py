"""Policies of projects: one whose answers a test changes, and some that go wrong."""

from __future__ import annotations

import asyncio
from threading import Event

from django.contrib.auth import get_user_model
from django.db import OperationalError

from hubbub.streams.permissions import Policy
from tests.toys.sheets import Halt

PATH = "tests.streams.policies."
RIGHTS = ("enter", "read", "send", "moderate", "begin")


class Book:
    """What is answered, and whom was asked about what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object, str]] = []
        self.no: set[str] = set()
        #: What is answered in place of True and False.
        self.odd: object = None
        self.gate = Event()
        self.gate.set()

    def answer(self, right: str, caller, name: str) -> object:
        self.asked.append((right, caller, name))
        if right in self.no:
            return False
        return True if self.odd is None else self.odd


book = Book()


class Booked(Policy):
    """Plain code."""

    def may_enter(self, caller, name):
        return book.answer("enter", caller, name)

    def may_read(self, caller, name):
        return book.answer("read", caller, name)

    def may_send(self, caller, name):
        return book.answer("send", caller, name)

    def may_moderate(self, caller, name):
        return book.answer("moderate", caller, name)

    def may_begin(self, caller, name):
        return book.answer("begin", caller, name)


class Async(Policy):
    """The same, on the loop."""

    async def may_enter(self, caller, name):
        await asyncio.sleep(0)
        return book.answer("enter", caller, name)

    async def may_read(self, caller, name):
        return book.answer("read", caller, name)

    async def may_send(self, caller, name):
        return book.answer("send", caller, name)

    def may_moderate(self, caller, name):
        return book.answer("moderate", caller, name)

    async def may_begin(self, caller, name):
        return book.answer("begin", caller, name)


class Broken(Policy):
    def may_enter(self, caller, name):
        raise ValueError("a project's own mistake")


class BrokenAsync(Policy):
    async def may_enter(self, caller, name):
        raise ValueError("a project's own mistake")


class Mistaken(Policy):
    """Asks for a column that is not there."""

    def may_enter(self, caller, name):
        return get_user_model().objects.extra(where=["no_such_column = 1"]).exists()


class Ended(Policy):
    def may_enter(self, caller, name):
        raise SystemExit


class EndedAsync(Policy):
    async def may_enter(self, caller, name):
        raise SystemExit


class CancelledAsync(Policy):
    async def may_enter(self, caller, name):
        raise asyncio.CancelledError


class Halted(Policy):
    def may_enter(self, caller, name):
        raise Halt


class HaltedAsync(Policy):
    async def may_enter(self, caller, name):
        raise Halt


class ClosedAsync(Policy):
    async def may_enter(self, caller, name):
        raise GeneratorExit


class Away(Policy):
    """Its database does not answer while the gate is closed."""

    error = OperationalError

    def may_enter(self, caller, name):
        if not book.gate.is_set():
            raise self.error("away")
        return "enter" not in book.no


class Forgetful(Policy):
    """An `async def` behind a `def`: a coroutine is not False."""

    def may_enter(self, caller, name):
        return self.really(caller)

    async def really(self, caller):
        return False


class Truthy(Policy):
    def may_enter(self, caller, name):
        return [caller]


class Slow(Policy):
    """Takes as long as the gate is closed, in the room `slow`."""

    def may_enter(self, caller, name):
        return book.gate.wait(30) if name == "slow" else True


class Vowels(Policy):
    def may_enter(self, caller, name):
        return name in "aeiou"


class OfTheTable(Policy):
    """Asks Django's tables."""

    def may_enter(self, caller, name):
        return get_user_model().objects.filter(username=name, pk=caller.user_id).exists()


class NoPolicy:
    def may_enter(self, caller, name):
        return True


class Mistyped(Policy):
    """Closes what nobody asks about."""

    def may_entr(self, caller, name):
        return False


class WrongShape(Policy):
    def may_send(self, caller):
        return True
