"""What a kind of stream is: what its events are, who may hear them, and what a client may ask."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.json import Decoder

from hubbub import conf
from hubbub.journal.passing import NOWHERE
from hubbub.journal.relay import relay
from hubbub.streams.event_table import EventTable
from hubbub.streams.gate import Gate
from hubbub.streams.messages import History
from hubbub.streams.permissions import Policy
from hubbub.streams.request import asked_type
from hubbub.wire.codec import decode
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from msgspec import Raw

    from hubbub.accounts.caller import Caller
    from hubbub.conf import Begin
    from hubbub.streams.table import Table


class Keep(Enum):
    """What becomes of the events of a kind: they are stored and numbered, or told and no more."""

    EVENTS = "events"
    NOTHING = "nothing"


NOTHING = Keep.NOTHING


class Kind(Policy):
    """One kind of stream; a project derives its own from it, and registers that.

    Who may enter, read, send and begin, its methods say as those of a `Policy` do.

    `kind` is the word before the colon of a stream's name, `path` that of its sockets, which ends
    in `<name>/`. `event` is the model of its events, and `request` what a client may send: a
    `Request`, a union of several, or None. Of each stream the events of the last `keep_days` days
    and the newest `keep_events` are kept by `hubbub prune`; None keeps all. With `keep = NOTHING`
    none is stored: each is told to those who are there, without a `seq`, and `event` may be any
    class. A `make` that asks no database and waits for nothing says `blocking = False`, and costs
    no thread.
    """

    kind: ClassVar[str] = ""
    path: ClassVar[str] = ""
    event: ClassVar[type[Any]]
    request: ClassVar[Any] = None
    keep: ClassVar[Keep] = Keep.EVENTS
    keep_days: ClassVar[int | None] = None
    keep_events: ClassVar[int | None] = None
    blocking: ClassVar[bool] = True
    #: Where its events are stored, and how it is found out who may: made when it is opened.
    table: Table
    gate: Gate
    #: Whether it tells of what version 1 did not know: some frames are for extended members alone.
    adds: ClassVar[bool] = False
    #: The setting that says who may begin a stream; without one, anyone.
    begins: ClassVar[str] = ""

    def make(self, caller: Caller, name: str, request: Any) -> Any | Awaitable[Any]:
        """The event that a request asks for, not stored yet. Raises a Refusal where it may not be.

        Plain Django code, off the loop; or async.
        """
        raise NotImplementedError

    def show(self, event: Any) -> dict[str, Any]:
        """The keys of an event's frame, with its `type`; `seq` and `timestamp` are added."""
        raise NotImplementedError

    # For the doors.

    @property
    def prefix(self) -> str:
        """The path of its sockets, without the name."""
        return self.path.removesuffix("<name>/").removesuffix("/")

    def stream_of(self, name: str) -> str:
        """The stream of a name."""
        return f"{self.kind}:{name}"

    def read(self, payload: str | bytes) -> Any:
        """A client's frame. Raises InvalidJSONError or InvalidFormatError."""
        return decode(self._decoder, payload)

    def read_call(self, body: bytes) -> Any:
        """A request over HTTP, read as a frame is. Raises as `read`."""
        return decode(self._call_decoder, body)

    @property
    def waits(self) -> bool:
        """Whether `make` waits for something, so that what comes after it has to wait too."""
        return self.blocking or iscoroutinefunction(self.make)

    @property
    def keeps(self) -> bool:
        """Whether its events are stored."""
        return self.keep is not NOTHING

    def kept(self) -> tuple[int | None, int | None]:
        """Days, and events of a stream, that `hubbub prune` keeps."""
        return self.keep_days, self.keep_events

    # What a built-in kind may do in a way of its own.

    def build_table(self) -> Table:
        """Where its events are stored."""
        return EventTable(self)

    def build_gate(self) -> Gate:
        """How it is found out who may."""
        return Gate(self.kind, lambda: self)

    def no_history(self) -> Any:
        """The page of a stream that keeps nothing."""
        return self.history([], 0, NOWHERE, more=False)

    def beginners(self) -> Begin:
        """Who may begin a stream."""
        allowed: Begin = getattr(conf.current(), self.begins) if self.begins else "anyone"
        return allowed

    def history(self, events: list[Raw], seq: int, epoch: str, *, more: bool) -> Any:
        """A page of events."""
        return History(events, seq, epoch, more)

    def open_layer(self) -> None:
        """Have Channels consumers hear its streams."""
        relay.open(self.find_stream)

    def name_in(self, group: str) -> str | None:
        """The name of the stream that a layer's group hears; None if it is none of the kind's."""
        word, _, name = group.partition(".")
        return name if word == self.kind and is_name(name) else None

    def find_stream(self, group: str) -> str | None:
        """That stream."""
        name = self.name_in(group)
        return None if name is None else self.table.stream_of(name)

    @cached_property
    def _decoder(self) -> Decoder[Any]:
        return Decoder(asked_type(self.request))

    @cached_property
    def _call_decoder(self) -> Decoder[Any]:
        return Decoder(self.request)
