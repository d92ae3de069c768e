"""`/api/chat/{room}/sanctions/`: mutes, bans and kicks, for those who moderate a room."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, cast

from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from ninja import Path, Query, Router, Schema
from pydantic import BeforeValidator, Field

from hubbub.accounts.caller_auth import caller_of
from hubbub.accounts.shown import shown_id
from hubbub.chat.members import shown_names
from hubbub.chat.members_api import UserId, require_moderator
from hubbub.chat.messages import LONGEST, REASON_LENGTH
from hubbub.chat.moderation import Wish, lift_by, sanction_by
from hubbub.chat.sanctions import sanctions_list
from hubbub.crossing import in_database
from hubbub.streams.calls import Answer, Name, OnceId, UserAuth
from hubbub.streams.request import PAGE
from hubbub.wire.absent import absent
from hubbub.wire.codec import LARGEST
from hubbub.wire.keys import read_key
from hubbub.wire.moment import stamp
from hubbub.wire.whole import read_whole

if TYPE_CHECKING:
    from hubbub.chat.models import Sanction

Action = Literal["mute", "ban", "kick"]
Number = Annotated[int, Path(ge=1, le=LARGEST)]

router = Router(tags=["chat"], auth=UserAuth())


class SanctionDraft(Schema):
    """Who is to be muted, banned or sent away, and for how long: for good without `seconds`."""

    action: Action
    user_id: UserId
    seconds: Annotated[int, BeforeValidator(read_whole)] = Field(
        default_factory=absent, strict=True, ge=1, le=LONGEST
    )
    reason: str = Field("", max_length=REASON_LENGTH)
    everywhere: bool = Field(default=False, strict=True, description="In all rooms; for staff.")
    id: OnceId


class SanctionShown(Schema):
    """What was taken from whom, by whom and why; it is in force until `until`, null for good."""

    id: int
    action: Action
    everywhere: bool
    user_id: int | str | None
    username: str
    reason: str
    author: str
    created: str
    until: str | None
    lifted: str | None


class SanctionsPage(Schema):
    """Which: the newest, or those before the one with the id `before`."""

    before: int = Field(default_factory=absent, ge=1, le=LARGEST)
    limit: int = Field(50, ge=1, le=PAGE)


class Sanctions(Schema):
    """A page, the newest first."""

    sanctions: list[SanctionShown]
    more: bool


@router.get("/{room}/sanctions/", response=Answer[Sanctions], summary="List sanctions")
async def chat_sanctions(
    request: HttpRequest, room: Name, page: Query[SanctionsPage]
) -> Answer[Sanctions]:
    """Mutes, bans and kicks in a room and in all, the newest first, for those who moderate it."""
    await require_moderator(room, request)
    found = await in_database(sanctions_list, room=room, limit=page.limit + 1, before=page.before)
    shown = await in_database(sanctions_shown, found[: page.limit])
    return Answer(
        message="Sanctions", data=Sanctions(sanctions=shown, more=len(found) > page.limit)
    )


@router.post("/{room}/sanctions/", response=Answer[SanctionShown], summary="Mute, ban or kick")
async def chat_sanction(
    request: HttpRequest, room: Name, draft: SanctionDraft
) -> Answer[SanctionShown]:
    """Mute or ban a user, or send it away, as one who moderates the room."""
    caller = caller_of(request)
    still = partial(require_moderator, room, request)
    await still()
    sanction = await sanction_by(caller, room, Wish(**draft.dict()), still)
    (shown,) = await in_database(sanctions_shown, [sanction])
    return Answer(message="Done", data=shown)


@router.post(
    "/{room}/sanctions/{number}/lift/", response=Answer[SanctionShown], summary="Lift a sanction"
)
async def chat_sanction_lift(
    request: HttpRequest, room: Name, number: Number
) -> Answer[SanctionShown]:
    """End a mute or a ban of a room, as one who moderates it; one for all rooms as staff."""
    still = partial(require_moderator, room, request)
    await still()
    lifted = await lift_by(caller_of(request), room, number, still)
    (shown,) = await in_database(sanctions_shown, [lifted])
    return Answer(message="Lifted", data=shown)


def sanctions_shown(rows: list[Sanction]) -> list[SanctionShown]:
    """As they are told. Blocking."""
    names = shown_names([key for row in rows for key in (row.user, row.author)])
    return [
        SanctionShown(
            id=row.pk,
            action=cast("Action", row.action),
            everywhere=not row.name,
            user_id=shown_id(read_key(row.user)),
            username=names.get(row.user, "-"),
            reason=row.reason,
            author=names.get(row.author, ""),
            created=stamp(row.created),
            until=None if row.until is None else stamp(row.until),
            lifted=None if row.lifted is None else stamp(row.lifted),
        )
        for row in rows
    ]
