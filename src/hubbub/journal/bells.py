"""The bells of this process: what carries events, and those of its database, which only wake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.anew import ended_by, forgotten_by
from hubbub.bus.base import Doorbell
from hubbub.bus.memory import MemoryBus
from hubbub.bus.notices import Notices
from hubbub.bus.version import DataVersion
from hubbub.journal.tune import open_kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from hubbub.bus.base import Event


class Bells(Doorbell):
    """They ring as one, and are heard as one."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Be made anew, with nobody to hear. Waits for no lock: its holder may not be there."""
        super().__init__()
        self.version, self.notices = DataVersion(open_kept), Notices()
        self.version.listen(self)
        self.notices.listen(self)
        self.carrier: Doorbell = MemoryBus()
        self._end = self.carrier.listen(self)

    def carry_by(self, carrier: Doorbell) -> Doorbell:
        """Have events carried by another bell from now on; returns the one until now."""
        self._end()
        before, self.carrier = self.carrier, carrier
        self._end = carrier.listen(self)
        return before

    def announce(self, connection: BaseDatabaseWrapper) -> None:
        """By each."""
        for bell in self._all():
            bell.announce(connection)

    def publish(self, events: Sequence[Event]) -> None:
        """By what carries them."""
        self.carrier.publish(events)

    def start(self) -> None:
        """Start each."""
        for bell in self._all():
            bell.start()

    def close(self) -> None:
        """Close each."""
        for bell in self._all():
            bell.close()

    def look(self) -> None:
        """Look at what cannot call by itself; often, on the writer's thread."""
        self.version.look()

    def _all(self) -> tuple[Doorbell, ...]:
        return self.carrier, self.version, self.notices


bells = Bells()
ended_by(bells.close)
forgotten_by(bells.forget)
