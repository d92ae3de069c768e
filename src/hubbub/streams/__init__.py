"""A project's own streams: stored, numbered, resumed, acked and in order, as chat is.

`docs/your-own-stream.md` has one whole: a model, its requests, and a class of thirty lines.
"""

from hubbub.streams import checks as checks
from hubbub.streams.event import Event
from hubbub.streams.kind import NOTHING, Kind
from hubbub.streams.publishing import apublish, publish
from hubbub.streams.registry import register
from hubbub.streams.request import Request
from hubbub.streams.reviews import review

__all__ = ["NOTHING", "Event", "Kind", "Request", "apublish", "publish", "register", "review"]
