"""`/api/notifications/`: v1's way to send one over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Literal

from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from ninja import Router
from pydantic import BaseModel

from hubbub import conf
from hubbub.accounts.caller import Caller  # noqa: TC001 - as above
from hubbub.accounts.caller_auth import OPTIONAL, CallerAuth
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError, UnauthenticatedError
from hubbub.notifications.draft import Draft, Notification
from hubbub.notifications.services import send_notification

router = Router(tags=["notifications"])


class NotificationSent(BaseModel):
    """v1's answer, with what was sent."""

    status: Literal["success"] = "success"
    message: str = "Notification sent"
    data: Notification


class SenderAuth(CallerAuth):
    """CallerAuth, and the setting `notifications_send`; it decides before the body is read."""

    async def __call__(self, request: HttpRequest) -> Caller:
        """Find the caller and refuse one who may not send."""
        caller = await super().__call__(request)
        check_sender(caller)
        return caller


def check_sender(caller: Caller) -> None:
    """Whether a caller may send. Raises UnauthenticatedError or ForbiddenError."""
    allowed = conf.current().notifications_send
    if allowed == "anyone":
        return
    if caller.user_id is None:
        raise UnauthenticatedError
    if allowed == "staff" and not caller.is_staff:
        raise ForbiddenError


@router.post(
    "/send/",
    response=NotificationSent,
    auth=SenderAuth(),
    summary="Send a notification",
    openapi_extra=OPTIONAL,
)
async def notification_send(request: HttpRequest, draft: Draft) -> NotificationSent:  # noqa: ARG001
    """Send a notification to some users, or to everyone if no recipient is named."""
    sent = Notification(title=draft.title, message=draft.message, priority=draft.priority)
    await in_database(partial(send_notification, **dict(sent), user_ids=draft.recipients()))
    return NotificationSent(data=sent)
