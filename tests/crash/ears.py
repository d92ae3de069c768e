"""What a client hears of one stream, over a socket of that stream's own or over one of many.

An ear tells where it would go on after a kill, and notes what no client may ever see.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

Frame = dict[str, Any]
#: The cursor of a client that was told nothing yet.
START = ":0,:0"


class Ear:
    """Of a stored stream: `heard` has its events by number, all from the first one on."""

    number = "seq"

    def __init__(self, stream: str, path: str, kind: str) -> None:
        self.stream = stream
        self.own_path = path
        self.kind = kind
        self.heard: dict[int, Frame] = {}
        self.last = self.resumed = 0
        self.epoch = ""
        self.faults: list[str] = []

    def __repr__(self) -> str:
        return f"{self.stream}: {vars(self)}"

    def wanted(self) -> Frame:
        """What it asks for when it comes."""
        return {"since": self.last} | ({"epoch": self.epoch} if self.epoch else {})

    def path(self) -> str:
        """The stream's own socket, with that."""
        wanted = urlencode(self.wanted())
        return f"{self.own_path}?{wanted}" if wanted else self.own_path

    def begin(self, life: int) -> None:
        """It has connected to the server that was started as often."""

    def end(self) -> None:
        """It is connected no more."""

    def take(self, frame: Frame) -> None:
        """Note what a frame of the stream says; over a socket of many it names the stream."""
        frame.pop("stream", None)
        if frame["type"] == self.kind:
            self.take_event(frame)
        elif frame["type"] in {"recovery", "subscribed"}:
            self.take_place(frame)
        elif frame["type"] in {"error", "unsubscribed"}:
            self.faults.append(f"{self.stream}: {frame}")

    def take_event(self, frame: Frame) -> None:
        """Note an event, which has to be the next one."""
        if frame[self.number] != self.last + 1:
            self.faults.append(f"{self.stream}: {frame[self.number]} after {self.last}")
        self.last = frame[self.number]
        self.heard[self.last] = frame

    def take_place(self, frame: Frame) -> None:
        """Note that nothing is missing before what comes."""
        self.resumed += self.epoch != ""
        if not frame["recovered"] or self.epoch not in {"", frame["epoch"]}:
            self.faults.append(f"{self.stream}: {frame}")
        elif frame["seq"] - frame["missed"] != self.last:
            self.faults.append(f"{self.stream}: {frame} after {self.last}")
        self.epoch = frame["epoch"]

    def is_there(self) -> bool:
        """Whether it will hear what is told from now on, or later."""
        return True

    def is_at(self, ends: dict[str, int]) -> bool:
        """Whether it has heard all that is stored, by streams' names in the table."""
        return self.last == ends.get(self.stream, 0)


class CounterEar(Ear):
    """Of a counter, which tells where it stands in place of what was missed."""

    number = "version"
    value = 0

    def wanted(self) -> Frame:
        return {}

    def take(self, frame: Frame) -> None:
        if frame["type"] == "counter_update" and "action" not in frame:
            self.take_place(frame)
        else:
            super().take(frame)

    def take_event(self, frame: Frame) -> None:
        super().take_event(frame)
        self.value = frame["counter"]

    def take_place(self, frame: Frame) -> None:
        place, value = frame.get("version", frame.get("seq")), frame["counter"]
        if place < self.last or (place == self.last and value != self.value):
            self.faults.append(f"{self.stream}: {frame} after {self.last}, {self.value}")
        self.last, self.value = place, value


def seqs_in(cursor: str) -> list[int]:
    """How far a cursor goes in both streams."""
    return [int(half.rpartition(":")[2]) for half in cursor.split(",") if half]


class InboxEar(Ear):
    """Of the notifications: two streams, of which the titles say which."""

    def __init__(self, stream: str, path: str, inbox: str) -> None:
        super().__init__(stream, path, "notification")
        self.cursor = START
        self.told: dict[str, list[Frame]] = {"own": [], "everyone": []}
        self._names = {"own": f"inbox:{inbox}", "everyone": "everyone"}

    def wanted(self) -> Frame:
        return {"cursor": self.cursor}

    def take(self, frame: Frame) -> None:
        cursor = frame.pop("cursor", self.cursor)
        super().take(frame)
        if any(map(int.__lt__, seqs_in(cursor), seqs_in(self.cursor))):
            self.faults.append(f"{frame}: {cursor} after {self.cursor}")
        self.cursor = cursor

    def take_event(self, frame: Frame) -> None:
        told = self.told[frame["title"]]
        frame.pop("read", None)  # only what is told again says it
        if told and frame["id"] <= told[-1]["id"]:
            self.faults.append(f"{frame} after {told[-1]}")
        told.append(frame)

    def take_place(self, frame: Frame) -> None:
        self.resumed += self.cursor != START
        if not frame["recovered"]:
            self.faults.append(f"{self.stream}: {frame}")

    def is_at(self, ends: dict[str, int]) -> bool:
        return all(
            len(self.told[which]) == ends.get(name, 0) for which, name in self._names.items()
        )


class PointerEar(Ear):
    """Of a kind that keeps nothing: what it has heard of each life of the server, in order."""

    def __init__(self, stream: str, path: str, last: int) -> None:
        super().__init__(stream, path, "pointed")
        self.lives: dict[int, list[int]] = {}
        self._end = last
        self._here: list[int] = []
        self._there = False

    def wanted(self) -> Frame:
        return {"since": 0}

    def begin(self, life: int) -> None:
        self._here = self.lives.setdefault(life, [])

    def end(self) -> None:
        self._there = False

    def take_event(self, frame: Frame) -> None:
        if frame["x"] in self._here:
            self.faults.append(f"{self.stream}: {frame['x']} again")
        self._here.append(frame["x"])

    def take_place(self, frame: Frame) -> None:
        if frame["recovered"]:
            self.faults.append(f"{self.stream}: {frame}")
        self._there = True

    def is_there(self) -> bool:
        return self._there

    def is_at(self, ends: dict[str, int]) -> bool:
        return self._end in self._here


def shared(one: list[int], other: list[int]) -> tuple[list[int], list[int]]:
    """What two have heard from where both were there, until one of them was cut off."""
    if one and other and other[0] in one:
        one = one[one.index(other[0]) :]
    elif one and other and one[0] in other:
        other = other[other.index(one[0]) :]
    upto = min(len(one), len(other))
    return one[:upto], other[:upto]
