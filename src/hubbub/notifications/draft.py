"""The body of `POST /api/notifications/send/`, and the sentences for one that will not do."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictInt,
    field_validator,
    model_validator,
)

from hubbub.errors import InvalidFormatError, InvalidMessageError, Refusal
from hubbub.notifications.inbox import LONGEST
from hubbub.notifications.messages import PRIORITIES, Priority
from hubbub.streams.calls import OnceId  # noqa: TC001 - a field of a model
from hubbub.wire.absent import absent
from hubbub.wire.blank import SEEN, is_blank
from hubbub.wire.whole import read_whole

MAX_TITLE = 200
MAX_MESSAGE = 1000
MAX_RECIPIENTS = 1000


# A key of a user model: a number as databases have them, or text such as a UUID or an address.
UserId = Annotated[
    Annotated[StrictInt, Field(ge=0, lt=1 << 63)]
    | Annotated[str, Field(pattern=rf"^\S{{1,{LONGEST}}}$")],
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
    return {"minLength": 1, "maxLength": longest, "pattern": SEEN}


#: A recipient stands in no sample: it would have to be a user's key.
SAMPLE: dict[str, JsonValue] = {
    "title": "Deployed",
    "message": "Version 7 is live",
    "priority": "high",
}


class Notification(BaseModel):
    """What v1's example sends; the validators raise the sentences that v1 documents.

    A Refusal passes through pydantic as it is, since it is no ValueError.
    """

    title: Annotated[str, Field(json_schema_extra=text_schema(MAX_TITLE))]
    message: Annotated[str, Field(json_schema_extra=text_schema(MAX_MESSAGE))]
    priority: Priority = "normal"
    data: dict[str, Any] = Field(
        default_factory=absent,
        description="A JSON object of at most 16 KiB, passed on as it is; a link is its `url`.",
    )


class Draft(Notification):
    """A notification to some users, or to everyone if no recipient is named."""

    model_config = ConfigDict(
        json_schema_extra={"not": {"required": ["user_id", "user_ids"]}, "example": SAMPLE},
    )

    user_id: UserId = Field(default_factory=absent, description="The one recipient.")
    user_ids: list[UserId] = Field(
        default_factory=absent,
        min_length=1,
        max_length=MAX_RECIPIENTS,
        description="The recipients; not together with user_id.",
    )
    id: OnceId

    @model_validator(mode="before")
    @classmethod
    def check_complete(cls, data: Any) -> Any:
        """Raise IncompleteError for a missing or blank text."""
        if isinstance(data, dict):
            for text in (data.get("title"), data.get("message")):
                if text is None or (isinstance(text, str) and is_blank(text)):
                    raise IncompleteError
        return data

    @field_validator("title")
    @classmethod
    def check_title(cls, title: str) -> str:
        """Raise InvalidTitleError for a long title; the length is in code points."""
        if len(title) > MAX_TITLE:
            raise InvalidTitleError(field="title")
        return title

    @field_validator("message")
    @classmethod
    def check_message(cls, message: str) -> str:
        """Raise InvalidMessageError for a long message; the length is in code points."""
        if len(message) > MAX_MESSAGE:
            raise InvalidMessageError(field="message")
        return message

    @field_validator("priority", mode="before")
    @classmethod
    def check_priority(cls, priority: Any) -> Any:
        """Raise InvalidPriorityError for what is none of the three."""
        if priority not in PRIORITIES:
            raise InvalidPriorityError(field="priority")
        return priority

    @model_validator(mode="after")
    def check_recipients(self) -> Draft:
        """Raise InvalidFormatError for recipients named in both ways."""
        if {"user_id", "user_ids"} <= self.model_fields_set:
            raise InvalidFormatError(field="user_ids")
        return self

    def recipients(self) -> list[int | str] | None:
        """The keys of the users who get it, each once (7 is "7"); None for everyone."""
        if "user_id" in self.model_fields_set:
            return [self.user_id]
        if "user_ids" in self.model_fields_set:
            return list({str(user_id): user_id for user_id in self.user_ids}.values())
        return None
