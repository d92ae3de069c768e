"""All that happened in a run, in the order in which it happened, and one number for it."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple


class Fact(NamedTuple):
    """`who` did or got `what`, with the rest of it."""

    at: float
    who: str
    what: str
    rest: tuple[object, ...]

    def __str__(self) -> str:
        return f"{self.at:9.4f}  {self.who:<12} {self.what:<10} {' '.join(map(str, self.rest))}"


class History:
    """Facts, noted as they come."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def note(self, at: float, who: str, what: str, *rest: object) -> None:
        """Keep a fact."""
        self.facts.append(Fact(at, who, what, rest))

    def digest(self) -> str:
        """The same for the same history.

        Members of a group are written to in the order of a set, which is no part of what happened:
        so each one's facts of one moment are taken together.
        """
        lines = sorted(self.facts, key=lambda fact: (fact.at, fact.who))
        return sha256("\n".join(map(repr, lines)).encode()).hexdigest()[:16]

    def about(self, *words: str) -> list[Fact]:
        """The facts in which one of these words stands."""
        wanted = set(words)
        return [
            fact
            for fact in self.facts
            if fact.who in wanted or wanted & {str(part) for part in fact.rest}
        ]
