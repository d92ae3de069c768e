"""A kind that keeps nothing: where somebody points to, which is of no interest a moment later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from hubbub import streams


@dataclass
class Pointed:
    """Somebody points."""

    x: object


class Point(streams.Request, tag="point"):
    """A client points."""

    x: int


class Shown(TypedDict):
    """What the others see."""

    type: Literal["pointed"]
    x: int


@streams.register
class Pointers(streams.Kind):
    """Names that begin with a right take that away from all but the staff."""

    kind = "pointer"
    path = "ws/pointers/<name>/"
    event = Pointed
    request = Point
    keep = streams.NOTHING

    def may_enter(self, caller, name):
        return caller.is_staff or not name.startswith("enter")

    def may_read(self, caller, name):
        return caller.is_staff or not name.startswith("read")

    def may_send(self, caller, name):
        return caller.is_staff or not name.startswith("send")

    def may_begin(self, caller, name):
        return caller.is_staff or not name.startswith("begin")

    def make(self, caller, name, point):
        return Pointed(point.x)

    def show(self, pointed) -> Shown:
        return {"type": "pointed", "x": pointed.x}
