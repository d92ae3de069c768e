"""`/api/notifications/`: v1's way to send one over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from ninja import Router
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    field_validator,
    model_validator,
)

from hubbub import conf
from hubbub.accounts.caller import Caller  # noqa: TC001 - as above
from hubbub.accounts.caller_auth import OPTIONAL, CallerAuth
from hubbub.accounts.crossing import in_database
from hubbub.errors import (
    ForbiddenError,
    InvalidFormatError,
    InvalidMessageError,
    Refusal,
    UnauthenticatedError,
)
from hubbub.notifications.messages import PRIORITIES, Priority
from hubbub.notifications.services import send_notification

router = Router(tags=["notifications"])

MAX_TITLE = 200
MAX_MESSAGE = 1000
MAX_RECIPIENTS = 1000


def read_whole(value: Any) -> Any:
    """Turn 7.0 into 7: to JSON Schema it is an integer. Everything else passes."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# A key of a user model: a number as databases have them, or text such as a UUID.
UserId = Annotated[
    Annotated[StrictInt, Field(ge=0, lt=1 << 63)]
    | Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")],
    BeforeValidator(read_whole),
]


class IncompleteError(Refusal):
    """Title or message is missing, null or blank."""

    sentence = "Title and message are required"
    code = "incomplete"


class InvalidTitleError(Refusal):
    """The title is too long."""

    sentence = f"Invalid title (max {MAX_TITLE} characters)"
    code = "invalid_title"


class InvalidPriorityError(Refusal):
    """The priority is none of the three."""

    sentence = "Invalid priority (low, normal or high)"
    code = "invalid_priority"


def text_schema(longest: int) -> dict[str, Any]:
    """What the validators below ask of a text, said in JSON Schema."""
    return {"minLength": 1, "maxLength": longest, "pattern": r"\S"}


def absent() -> Any:
    """The default of a recipient; as a factory, so that the schema documents no null.

    A null that was sent is refused: it is more likely a slip than a wish to tell everyone.
    """
    return None


class Notification(BaseModel):
    """What v1's example sends; the validators raise the sentences that v1 documents.

    A Refusal passes through pydantic as it is, since it is no ValueError.
    """

    title: Annotated[str, Field(json_schema_extra=text_schema(MAX_TITLE))]
    message: Annotated[str, Field(json_schema_extra=text_schema(MAX_MESSAGE))]
    priority: Priority = "normal"


class Draft(Notification):
    """A notification to some users, or to everyone if no recipient is named."""

    model_config = ConfigDict(
        json_schema_extra={"not": {"required": ["user_id", "user_ids"]}},
    )

    user_id: UserId = Field(default_factory=absent, description="The one recipient.")
    user_ids: list[UserId] = Field(
        default_factory=absent,
        min_length=1,
        max_length=MAX_RECIPIENTS,
        description="The recipients; not together with user_id.",
    )

    @model_validator(mode="before")
    @classmethod
    def check_complete(cls, data: Any) -> Any:
        """Raise IncompleteError for a missing or blank text."""
        if isinstance(data, dict):
            for text in (data.get("title"), data.get("message")):
                if text is None or (isinstance(text, str) and not text.strip()):
                    raise IncompleteError
        return data

    @field_validator("title")
    @classmethod
    def check_title(cls, title: str) -> str:
        """Raise InvalidTitleError for a long title; the length is in code points."""
        if len(title) > MAX_TITLE:
            raise InvalidTitleError
        return title

    @field_validator("message")
    @classmethod
    def check_message(cls, message: str) -> str:
        """Raise InvalidMessageError for a long message; the length is in code points."""
        if len(message) > MAX_MESSAGE:
            raise InvalidMessageError
        return message

    @field_validator("priority", mode="before")
    @classmethod
    def check_priority(cls, priority: Any) -> Any:
        """Raise InvalidPriorityError for what is none of the three."""
        if priority not in PRIORITIES:
            raise InvalidPriorityError
        return priority

    @model_validator(mode="after")
    def check_recipients(self) -> Draft:
        """Raise InvalidFormatError for recipients named in both ways."""
        if {"user_id", "user_ids"} <= self.model_fields_set:
            raise InvalidFormatError
        return self

    def recipients(self) -> list[int | str] | None:
        """The keys of the users who get it, each once (7 is "7"); None for everyone."""
        if "user_id" in self.model_fields_set:
            return [self.user_id]
        if "user_ids" in self.model_fields_set:
            return list({str(user_id): user_id for user_id in self.user_ids}.values())
        return None


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
