"""What the server needs, and that is away and comes back: a line for each, once."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.observe.events import (
    DATABASE_AWAY,
    DATABASE_BACK,
    NOTICES_HEARD,
    NOTICES_UNHEARD,
)
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.observe.events import Event


class Outage:
    """The outages of one thing for one use, which is the reason that is logged. Thread-safe."""

    def __init__(
        self, away: Event, back: Event, use: str, clock: Callable[[], float] = monotonic
    ) -> None:
        self._away = away
        self._back = back
        self._use = use
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """It is there, as far as is known."""
        self._since: float | None = None
        self._lock = Lock()

    @property
    def on(self) -> bool:
        """Whether it is away."""
        return self._since is not None

    def begin(self, error: BaseException) -> None:
        """It did not answer."""
        with self._lock:
            if self._since is not None:
                return
            self._since = self._clock()
        report(self._away, self._use, error=error)

    def end(self) -> None:
        """It answered."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            report(self._back, self._use, seconds=round(self._clock() - since, 1))


#: The database's, as each of those who use it sees them.
reading = Outage(DATABASE_AWAY, DATABASE_BACK, "reading")
storing = Outage(DATABASE_AWAY, DATABASE_BACK, "storing")
listening = Outage(DATABASE_AWAY, DATABASE_BACK, "listening")
#: And PostgreSQL's notices: what others store is told by a look at the table meanwhile.
unheard = Outage(NOTICES_UNHEARD, NOTICES_HEARD, "no notice")
for outage in (reading, storing, listening, unheard):
    forgotten_by(outage.forget)
