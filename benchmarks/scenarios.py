"""What is measured: rooms, members, and how messages are sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One load. `inflight` messages under way in every room, or `rate` a second, or none (idle)."""

    key: str
    title: str
    rooms: int
    members: int
    inflight: int = 0
    rate: int = 0

    @property
    def connections(self) -> int:
        """All members of all rooms."""
        return self.rooms * self.members

    @property
    def idle(self) -> bool:
        """Whether nobody ever says anything."""
        return not self.inflight and not self.rate


SCENARIOS = (
    Scenario("a", "1 room x 1000, 4 in flight", rooms=1, members=1000, inflight=4),
    Scenario("b", "50 rooms x 20, 1 in flight each", rooms=50, members=20, inflight=1),
    Scenario("c", "200 rooms of one (echo)", rooms=200, members=1, inflight=1),
    Scenario("d", "5000 idle connections", rooms=1, members=5000),
    Scenario("e", "1 room x 1000, 20 messages/s", rooms=1, members=1000, rate=20),
)

# Before the idle connections are weighed: what a server makes once, for its first ones.
FIRST_FEW = Scenario("first", "the first few", rooms=1, members=100)
