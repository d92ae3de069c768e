"""What is measured: rooms, members, and how messages are sent."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Self


class Kind(Enum):
    """Which figures a scenario has."""

    BUSY = "messages are told"
    MANY = "messages are told over sockets for many rooms"
    ACKED = "messages are stored and acked"
    RESUME = "all resume at once"
    IDLE = "nobody ever says anything"


@dataclass(frozen=True)
class Scenario:
    """One load. `inflight` messages under way in every room, or `rate` a second, or none (idle).

    With `acked` a message is done when its sender has its ack, not when its delivery is there.
    With `missed` so many messages are posted first, which every member resumes behind. With `each`
    a member is in so many rooms over one socket for many, and the closed loop goes from room to
    room: so many times fewer messages are under way than there are rooms.
    """

    key: str
    title: str
    rooms: int
    members: int
    inflight: int = 0
    rate: int = 0
    acked: bool = False
    missed: int = 0
    each: int | None = None

    @property
    def connections(self) -> int:
        """Of all members: one, and where it is in several rooms one for all of them."""
        return self.rooms * self.members // (self.each or 1)

    @property
    def further_subscriptions(self) -> int:
        """Those of all members but their first."""
        return self.rooms * self.members - self.connections

    def in_one_room(self) -> Self:
        """As many members in one room each, over the same kind of socket, who say nothing."""
        return replace(self, rooms=self.rooms // (self.each or 1), each=1, inflight=0)

    @property
    def kind(self) -> Kind:
        """Which figures it has."""
        if self.missed:
            return Kind.RESUME
        if self.each:
            return Kind.MANY
        if not self.inflight and not self.rate:
            return Kind.IDLE
        return Kind.ACKED if self.acked else Kind.BUSY

    @property
    def due(self) -> int:
        """What an open loop is to bring in a second: acks, or deliveries."""
        return self.rate * self.rooms * (1 if self.acked else self.members)

    @property
    def needs_journal(self) -> bool:
        """Whether a server that forgets what was said cannot take part."""
        return self.kind in {Kind.ACKED, Kind.RESUME}


SCENARIOS = (
    Scenario("a", "1 room x 1000, 4 in flight", rooms=1, members=1000, inflight=4),
    Scenario("b", "50 rooms x 20, 1 in flight each", rooms=50, members=20, inflight=1),
    Scenario("c", "200 rooms of one (echo)", rooms=200, members=1, inflight=1),
    Scenario("d", "5000 idle connections", rooms=1, members=5000),
    Scenario("e", "1 room x 1000, 20 messages/s", rooms=1, members=1000, rate=20),
    Scenario("f", "200 rooms of one, acked", rooms=200, members=1, inflight=1, acked=True),
    Scenario("g", "1000 messages/s, acked", rooms=200, members=1, rate=5, acked=True),
    Scenario("h", "1000 resume at once, 50 missed each", rooms=1, members=1000, missed=50),
    Scenario(
        "j", "1000 x 30 rooms of 20, 50 in flight", rooms=1500, members=20, inflight=1, each=30
    ),
)

# Before the idle connections are weighed: what a server makes once, for its first ones.
FIRST_FEW = Scenario("first", "the first few", rooms=1, members=100)
