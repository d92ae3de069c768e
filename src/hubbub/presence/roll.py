"""Who is here: the people behind the connections of one room or counter."""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """A name and the number of connections behind it."""

    username: str
    connections: int


class Roll:
    """A user with several connections is one person; an anonymous connection is one each."""

    __slots__ = ("_anonymous", "_users", "connections")

    def __init__(self) -> None:
        self._users: dict[object, Person] = {}
        self._anonymous = 0
        #: Connections here.
        self.connections = 0

    def enter(self, user_id: object, username: str) -> bool:
        """Count one more connection (`user_id` None: anonymous); True if somebody new came."""
        self.connections += 1
        if user_id is None:
            self._anonymous += 1
            return True
        person = self._users.get(user_id)
        self._users[user_id] = Person(username, person.connections + 1 if person else 1)
        return person is None

    def leave(self, user_id: object) -> bool:
        """Count one connection less; True if somebody is gone."""
        self.connections -= 1
        if user_id is None:
            self._anonymous -= 1
            return True
        person = self._users[user_id]
        if person.connections > 1:
            self._users[user_id] = person._replace(connections=person.connections - 1)
            return False
        del self._users[user_id]
        return True

    @property
    def count(self) -> int:
        """People here."""
        return len(self._users) + self._anonymous

    def people(self) -> list[Person]:
        """Everyone by name; those without one are a single entry at the end."""
        named = sorted(self._users.values())
        return named + ([Person("Anonymous", self._anonymous)] if self._anonymous else [])
