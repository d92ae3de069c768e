"""What can be read of the rooms. Blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hubbub.chat.table import KIND, stream_of
from hubbub.streams import selectors
from hubbub.streams.standing import begun_list

if TYPE_CHECKING:
    from hubbub.chat.messages import History
    from hubbub.streams.standing import Begun


def rooms_list(*, limit: int, after: str = "") -> list[Begun]:
    """Rooms in which something was said, by name, from the one after `after` on."""
    return begun_list(KIND, limit=limit, after=after)


def history_page(
    *, room: str, limit: int, before: int | None = None, after: int | None = None
) -> History:
    """Messages, oldest first: the last ones before `before`, or the first ones after `after`.

    `more` says whether there are further ones in that direction.
    """
    page = selectors.history_page(stream=stream_of(room), limit=limit, before=before, after=after)
    return cast("History", page)
