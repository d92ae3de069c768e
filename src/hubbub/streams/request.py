"""What a client may send to a stream: a project's own requests, and those that every kind has."""

from __future__ import annotations

from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from hubbub.wire.names import RequestId

#: Events in a page at most.
PAGE = 200


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", gc=False):
    """Something that a client asks of a stream, read by msgspec: a subclass names its keys.

    `class Move(streams.Request, tag="move")` is what a client sends as `{"type": "move", …}`. With
    an `id` it is acked, and sent again it is stored once.
    """

    id: RequestId | None = None


class AskHistory(msgspec.Struct, tag_field="type", tag="history", frozen=True, gc=False):
    """A client pages back: what came before `before`, or at the end."""

    before: Annotated[int, msgspec.Meta(ge=1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE)] = 50


def requests_of(request: Any) -> tuple[type[Any], ...]:
    """The classes of a union, or the one class; none for None."""
    if request is None:
        return ()
    return get_args(request) if get_origin(request) in {Union, UnionType} else (request,)


def asked_type(request: Any) -> Any:
    """All that may be asked of a kind with this request: what every kind is asked too."""
    return Union[AskHistory, *requests_of(request)]


def describe_choice(choices: type[Any]) -> dict[str, Any]:
    """JSON Schema of Django's own enumerations, which msgspec reads and does not describe.

    Raises NotImplementedError for any other type.
    """
    if not issubclass(choices, Enum):
        raise NotImplementedError
    return {"enum": [choice.value for choice in choices]}


def tag_of(request: type[Any]) -> str:
    """What a client names a request by."""
    return str(request.__struct_config__.tag)
