"""What the simulated endpoint does on one connection: it joins as a chat room's members do."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from hubbub.fanout.dialect import EXTENDED
from hubbub.fanout.frame import make_frame
from hubbub.journal.append import append_soon
from hubbub.journal.attach import Snapshot, attach
from hubbub.journal.entry import Entry
from hubbub.journal.line import Sender
from hubbub.sockets.acks import tell_outcome
from hubbub.sockets.failures import HangUp
from hubbub.sockets.turns import Turns
from hubbub.wire.closes import TOO_SLOW
from tests.simulation.table import group_of, sim_table

if TYPE_CHECKING:
    from hubbub.journal.entry import Row
    from hubbub.journal.read import Extent
    from hubbub.sockets.connection import Connection
    from tests.simulation.client import Known
    from tests.simulation.visit import Visit

#: More than so many missed events are not told one by one.
REPLAY = 30


class SimConsumer:
    """A member of its visit's streams."""

    def __init__(self, connection: Connection, _: str) -> None:
        self._connection = connection
        self._visit: Visit = connection.outlet  # type: ignore[assignment]
        self._followers = self._visit.followers
        self._entered = False
        self._turns = Turns(self, connection)

    def streams(self) -> tuple[str, ...]:
        """The visit's."""
        return self._visit.streams

    async def admit(self) -> None:
        """Everyone may enter."""

    def open(self) -> None:
        """Join, with what was missed first."""
        self._entered = True
        if self._visit.since is not None:
            self._turns.begin(self._catch_up())
            return
        for stream in self._visit.streams:
            self._followers.hub.join(group_of(stream), self._visit, EXTENDED)

    def receive(self, payload: str | bytes) -> None:
        """Store what the client says."""
        self._turns.take(json.loads(payload), payload)

    def leave(self) -> None:
        """Leave all."""
        self._turns.end()
        if self._entered:
            self._entered = False
            for stream in self._visit.streams:
                self._followers.hub.leave(group_of(stream), self._visit)

    def over(self) -> None:
        """Nothing is held."""

    def do(self, request: dict[str, Any], payload: str | bytes) -> None:
        hub, name = self._followers.hub, request["id"]
        entry = Entry(sim_table, request["stream"], name, "", name)
        answer = partial(tell_outcome, self._connection, hub, name, payload)
        append_soon(entry, answer, hub, Sender(), by=self._visit.process.writer)

    async def _catch_up(self) -> None:
        live = await attach(
            self._followers,
            self._visit,
            {stream: group_of(stream) for stream in self._visit.streams},
            self._read,
            lambda: self._entered,
            budget=self._visit.budget,
            dialect=EXTENDED,
        )
        if not live:
            raise HangUp(TOO_SLOW)

    async def _read(self) -> Snapshot:
        frames, seqs, marks = b"", {}, {}
        for stream in self._visit.streams:
            known = (self._visit.since or {}).get(stream)
            read = partial(self._read_stream, stream, known)
            found, where = await self._followers.reads.share((stream, known), read)
            frames += found
            seqs[stream] = where.last_seq
            marks[stream] = where.mark
        return Snapshot(frames, seqs, marks)

    async def _read_stream(self, stream: str, known: Known | None) -> tuple[bytes, Extent]:
        """As `hubbub.streams.selectors.recovery_open`: the place, and then what is missing."""
        table = self._visit.process.source
        where, name = await table.place(stream)
        rows: list[Row] = []
        recovered = known is not None and known.epoch == where.epoch
        if recovered and known is not None:
            missed = where.last_seq - known.seq
            recovered = missed <= REPLAY and where.has_all_after(known.seq)
        if recovered and known is not None and known.seq < where.last_seq:
            rows = await table.page(stream, known.seq, where.last_seq)
            recovered = len(rows) == where.last_seq - known.seq
        opened = {
            "type": "opened",
            "stream": stream,
            "seq": where.last_seq,
            "name": name,
            "epoch": where.epoch,
            "recovered": recovered,
        }
        told = b"".join(row.frame for row in rows) if recovered else b""
        return make_frame(json.dumps(opened).encode()) + told, where
