"""What inboxes, their streams and their groups are called.

An inbox is a user's primary key as text, or empty: what is sent to everyone lies in that one.
"""

from __future__ import annotations

from hubbub.errors import InvalidFormatError
from hubbub.wire.plain import plain_text

KIND = "inbox"
#: The stream of what is sent to everyone.
EVERYONE = "everyone"
#: The inbox of that stream, and of anonymous connections.
NOBODY = ""
#: A stream's name has room for 100 characters.
LONGEST = 100 - len(KIND) - 1

GROUP = "notifications_"
#: Without the underscore: no user's key, whatever it is, can make this name.
EVERYONE_GROUP = "notifications"


def inbox_of(user_id: object) -> str:
    """A user's inbox: 7 and "7" have the same one, as they have the same group.

    Raises InvalidFormatError for a key that no stream can be named after.
    """
    text = plain_text(user_id if isinstance(user_id, str) else str(user_id), "user_id")
    if not 0 < len(text) <= LONGEST or "\0" in text:
        raise InvalidFormatError(field="user_id")
    return text


def stream_of(inbox: str) -> str:
    """The stream of what is sent to an inbox."""
    return f"{KIND}:{inbox}" if inbox else EVERYONE


def user_group(inbox: object) -> str:
    """The group of a user's connections; public API, Python publishers send to it.

    With an empty inbox, the group of the anonymous ones, which no publisher can send to.
    """
    return f"{GROUP}{inbox}"


def published_inbox(group: str) -> str | None:
    """The inbox that a publisher means by a group; None if it is no group of notifications."""
    if group == EVERYONE_GROUP:
        return NOBODY
    inbox = group.removeprefix(GROUP)
    return inbox if inbox and group.startswith(GROUP) and len(inbox) <= LONGEST else None
