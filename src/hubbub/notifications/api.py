"""`/api/notifications/`: v1's way to send one over HTTP, and a user's inbox."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from hubbub.accounts.caller_auth import OPTIONAL, caller_of
from hubbub.accounts.users import find_users
from hubbub.crossing import in_database, in_reading_lane
from hubbub.errors import ForbiddenError
from hubbub.notifications.answers import Inbox, PageQuery, Unread
from hubbub.notifications.draft import Draft, Notification
from hubbub.notifications.inbox import inbox_of
from hubbub.notifications.selectors import inbox_page, unread_count
from hubbub.notifications.services import asend, read, read_all
from hubbub.streams.calls import Answer, UserAuth
from hubbub.wire.codec import LARGEST, encode

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.conf import Settings

router = Router(tags=["notifications"])
NotificationId = Annotated[int, Path(ge=1, le=LARGEST)]


class SenderAuth(UserAuth):
    """LimitedAuth for those whom the setting `notifications_send` lets send.

    Version 1 knows no limit here, and a shop may have a thousand customers to tell in a minute:
    only the limits of a user and of an address hold, where they are set.
    """

    like_a_connection = False

    def check_caller(self, caller: Caller, settings: Settings) -> None:
        """Raise UnauthenticatedError or ForbiddenError for one who may not."""
        allowed = settings.notifications_send
        if allowed != "anyone":
            super().check_caller(caller, settings)
        if allowed == "staff" and not caller.is_staff:
            raise ForbiddenError


class InboxAuth(UserAuth):
    """UserAuth for an inbox: what is done there is told to nobody else."""

    like_a_connection = False


@router.post(
    "/send/",
    response=Answer[Notification],
    auth=SenderAuth(),
    exclude_none=True,
    summary="Send a notification",
    openapi_extra=OPTIONAL,
)
async def notification_send(request: HttpRequest, draft: Draft) -> Answer[Notification]:
    """Send a notification to some users, or to everyone if no recipient is named."""
    wanted = draft.recipients()
    if wanted is not None:
        field = "user_id" if "user_id" in draft.model_fields_set else "user_ids"
        wanted = await in_database(find_users, field, wanted)
    sent = {key: getattr(draft, key) for key in Notification.model_fields}
    await asend(
        **sent,
        user_ids=wanted,
        sender_id=caller_of(request).user_id,
        request_id=draft.id or "",
    )
    told = {key: value for key, value in sent.items() if value is not None}
    return Answer(message="Notification sent", data=Notification(**told))


inbox_auth = InboxAuth()


@router.get("/", response=Answer[Inbox], auth=inbox_auth, summary="Read the inbox")
async def notification_list(request: HttpRequest, page: Query[PageQuery]) -> HttpResponse:
    """What was sent to the caller and to everyone, oldest first: the last ones, or a page back."""
    inbox = inbox_of(caller_of(request).user_id)
    body = await in_reading_lane(partial(inbox_body, inbox=inbox, page=page))
    return HttpResponse(body, content_type="application/json")


@router.post("/read-all/", response=Answer[Unread], auth=inbox_auth, summary="Read all")
async def notification_read_all(request: HttpRequest) -> Answer[Unread]:
    """Mark all as read; the caller's sockets hear of it."""
    user_id = caller_of(request).user_id
    await in_database(partial(read_all, user_id=user_id))
    return await read_answer(user_id, "All notifications read")


@router.post("/{number}/read/", response=Answer[Unread], auth=inbox_auth, summary="Read one")
async def notification_read(request: HttpRequest, number: NotificationId) -> Answer[Unread]:
    """Mark one as read; the caller's sockets hear of it."""
    user_id = caller_of(request).user_id
    await in_database(partial(read, user_id=user_id, number=number))
    return await read_answer(user_id, "Notification read")


async def read_answer(user_id: int | str | None, message: str) -> Answer[Unread]:
    """How many are left."""
    count = await in_database(partial(unread_count, inbox=inbox_of(user_id)))
    return Answer(message=message, data=Unread(unread=count))


def inbox_body(*, inbox: str, page: PageQuery) -> bytes:
    """The answer's body; blocking. The notifications are on the wire as on the socket."""
    found = inbox_page(inbox=inbox, limit=page.limit, before=page.before, unread=page.unread)
    data = {
        "notifications": found.notifications,
        "unread": unread_count(inbox=inbox),
        "more": found.more,
    }
    return encode({"status": "success", "message": "Notifications", "data": data})
