"""What a kind of the house has that a project's own has not: settings, words, calls, publishers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.json import Decoder

from hubbub.journal.publishers import open_stored
from hubbub.streams.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from hubbub.journal.entry import Entry
    from hubbub.streams.table import Table


class BuiltIn(Kind):
    """A kind whose frames, table and calls are its own; its folder's `apps.py` opens it.

    `consumer` and `calls` are dotted names, as Django's settings have them: of what is made for a
    connection and its stream's name, and of the router of its HTTP calls.
    """

    consumer: ClassVar[str]
    calls: ClassVar[str]
    #: The name where a socket's path has none; without one, each path has a name.
    default_name: ClassVar[str] = ""
    #: Whether all have one socket, whose path has no name.
    alone: ClassVar[bool] = False
    #: The setting that asks for a signed-in user.
    requires_user: ClassVar[str]
    #: The type of a Python publisher's event, and what it may have beside that.
    published: ClassVar[str]
    keys: ClassVar[Collection[str]]

    @property
    def example(self) -> str:
        """The path of one of its sockets."""
        return self.path.replace("<name>/", "" if self.default_name else "general/")

    def build_table(self) -> Table:
        """Its own."""
        table: Table = self.table
        return table

    def entries(self, name: str, event: dict[str, Any], /) -> list[Entry]:
        """What is to be stored of a publisher's event to a stream. Raises a Refusal."""
        raise NotImplementedError

    @cached_property
    def _decoder(self) -> Decoder[Any]:
        return Decoder(self.request)

    def open_layer(self) -> None:
        """Have what Python publishers send to its groups stored, and Channels consumers hear it."""

        def entries(group: str, event: dict[str, Any]) -> list[Entry]:
            return self.entries(self.name_in(group) or "", event)

        open_stored(self.published, stream_of=self.find_stream, entries=entries, keys=self.keys)
