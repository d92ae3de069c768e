"""Every setting: name, type, default, and one line that says what it does.

A Django project writes `HUBBUB_RATE_LIMIT = "100/m"` in its settings; the stand-alone site reads
the environment variable of the same name. `current()` is the checked whole of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hubbub.errors import SettingError

PREFIX = "HUBBUB_"
OFF = ("", "off", "none", "no", "false", "0")
UNITS = {"s": 1, "m": 60, "h": 3600}
# Spelt out, since `m` and any letters would take 100/month for 100 a minute.
RATE = re.compile(r"([1-9][0-9]{0,8})/(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?)")

#: What a URL need not escape.
ROOT_PATH = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")


class Rate(NamedTuple):
    """`amount` messages in every `seconds`, burst included."""

    amount: int
    seconds: float


def read_rate(value: object) -> object:
    """Turn `"100/m"`, `"5/second"`, `"off"` or None into a Rate or None."""
    if value is None or isinstance(value, Rate):
        return value
    text = str(value).strip().lower()
    if text in OFF:
        return None
    if match := RATE.fullmatch(text):
        return Rate(int(match[1]), UNITS[match[2][0]])
    raise ValueError("a rate looks like 100/m, 5/s or 2000/h; off turns it off")


def read_cap(value: object) -> object:
    """Turn `"off"` into None; numbers pass."""
    return None if isinstance(value, str) and value.strip().lower() in OFF else value


def read_list(value: object) -> object:
    """Turn `"a, b"` into a tuple of two; lists and tuples pass."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def read_keys(value: object) -> object:
    """Turn one key into a tuple of it; lists and tuples pass."""
    return (value,) if isinstance(value, str) and value else value or ()


def read_capitals(value: object) -> object:
    """Turn `info` into `INFO`."""
    return value.strip().upper() if isinstance(value, str) else value


def read_root(text: str) -> str:
    """A path from the root without a slash at its end; the root itself is empty."""
    path = text.rstrip("/")
    if path and not ROOT_PATH.fullmatch(path):
        raise ValueError("a root path looks like /app, in letters that a URL need not escape")
    return path


RateLimit = Annotated[Rate | None, BeforeValidator(read_rate)]
Cap = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(read_cap)]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(read_capitals)
]
Begin = Literal["anyone", "users", "staff"]
Names = Annotated[tuple[str, ...], BeforeValidator(read_list)]

#: Keys have line breaks, and secrets may have commas.
Keys = Annotated[tuple[str, ...], BeforeValidator(read_keys)]
Algorithm = Literal[
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
Algorithms = Annotated[tuple[Algorithm, ...], BeforeValidator(read_list)]


class Settings(BaseModel):
    """The settings of Hubbub; each field is `HUBBUB_<NAME>` outside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_limit: RateLimit = Field(
        Rate(100, 60), description="Messages one connection may send, or one caller over HTTP."
    )
    rate_limit_user: RateLimit = Field(
        None, description="Messages one signed-in user may send over all connections of a process."
    )
    rate_limit_address: RateLimit = Field(
        None, description="Messages that may come from one network address to a process."
    )
    rate_limit_reads: RateLimit = Field(
        Rate(600, 60),
        description="Reads over HTTP of one user, or of one network address without login.",
    )
    max_connections: Cap = Field(
        None, description="Connections a process takes; one more is answered 503."
    )
    max_connections_per_address: Cap = Field(
        None, description="Connections from one network address; one more is answered 429."
    )
    max_connections_per_user: Cap = Field(
        None, description="Connections of one signed-in user; one more is closed with 1013."
    )
    max_members: Cap = Field(
        None, description="Connections in one room or counter; one more is closed with 1013."
    )
    allowed_origins: Names = Field(
        (), description="Origins of pages that may connect beside the server's own; * for any."
    )
    authentication: Names = Field(
        ("token", "user", "session"),
        description="Ways to say who speaks, in this order: these, or dotted paths of your own.",
    )
    jwt_algorithms: Algorithms = Field(
        (), description="How others' tokens are signed, where the list has `jwt`, as RS256."
    )
    jwt_key: Keys = Field(
        (),
        repr=False,
        description="The secret or the public key (PEM) of those tokens; in a project also a list.",
    )
    jwt_keys_address: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(
        None, description="In place of a key: the address of their public keys, a JWK Set."
    )
    jwt_audience: Names = Field((), description="What their `aud` has to name, one of these.")
    jwt_issuer: Names = Field((), description="What their `iss` has to be, one of these.")
    jwt_leeway: Annotated[float, Field(ge=0, le=600)] = Field(
        0.0, description="Seconds that clocks may differ by, for `exp`, `nbf` and `iat`."
    )
    jwt_claim: Annotated[str, Field(min_length=1)] = Field(
        "sub", description="Their claim that names the user."
    )
    jwt_field: Annotated[str, Field(min_length=1)] = Field(
        "pk", description="The user's field that it names: `pk`, or another unique one."
    )
    shown_name: str = Field(
        "get_username",
        description="How a signed-in user is shown: an attribute or a method, or a dotted path.",
    )
    chat_requires_user: bool = Field(
        False, description="Whether a chat room takes signed-in users only."
    )
    notifications_requires_user: bool = Field(
        False, description="Whether the notification socket takes signed-in users only."
    )
    counter_requires_user: bool = Field(
        False, description="Whether a counter takes signed-in users only."
    )
    notifications_send: Literal["anyone", "users", "staff"] = Field(
        "staff", description="Who may send notifications over HTTP: anyone, users or staff."
    )
    chat_begin: Begin = Field(
        "anyone", description="Who may say the first thing in a new room: anyone, users or staff."
    )
    counter_begin: Begin = Field(
        "anyone", description="Who may make a new counter's first change: anyone, users or staff."
    )
    chat_store: bool = Field(
        True, description="Whether messages are stored; if not, those who are there hear them."
    )
    chat_policy: str = Field(
        "hubbub.chat.policies.Anyone",
        description="Who may do what in which room: the dotted path of a policy.",
    )
    permission_seconds: Annotated[float, Field(ge=1)] = Field(
        60.0,
        description=(
            "Seconds after which a policy is asked again, and seen what other processes took."
        ),
    )
    rate_limit_begin: RateLimit = Field(
        Rate(1000, 3600),
        description="New rooms and counters that one user may begin, or one address without login.",
    )
    chat_edit_seconds: Cap = Field(
        None, description="Seconds in which an author may edit or delete a message of its own."
    )
    chat_keep_days: Cap = Field(
        None, description="Days after which `hubbub prune` deletes a chat message."
    )
    chat_keep_messages: Cap = Field(
        None, description="The newest events of a room, which `hubbub prune` leaves."
    )
    notifications_keep_days: Cap = Field(
        None, description="Days after which `hubbub prune` deletes a notification."
    )
    notifications_keep_messages: Cap = Field(
        None,
        description="The newest events of an inbox, which `hubbub prune` leaves; that something "
        "was read is not counted.",
    )
    counter_keep_days: Cap = Field(
        None, description="Days after which `hubbub prune` deletes a counter's change."
    )
    counter_keep_changes: Cap = Field(
        None, description="The newest changes of a counter, which `hubbub prune` leaves."
    )
    outlet_budget: Annotated[int, Field(ge=64 * 1024)] = Field(
        1024 * 1024,
        description="Bytes that may wait for one connection before it closes with 4408.",
    )
    max_streams: Cap = Field(
        128, description="Streams that one connection to /ws/ hears; over it `too_many`."
    )
    max_frame: Annotated[int, Field(ge=4096)] = Field(
        64 * 1024, description="Bytes of a client's message; a longer one closes with 1009."
    )
    ping_interval: Annotated[float, Field(ge=1)] = Field(
        20.0, description="Seconds between pings; a peer silent for two of them is closed."
    )
    token_lifetime: Annotated[int, Field(ge=1)] = Field(
        30 * 24 * 3600, description="Seconds after which a token stops working."
    )
    database_threads: Annotated[int, Field(ge=1, le=256)] = Field(
        8, description="Threads that do the sockets' database work."
    )
    fast_path: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether our server's sockets go past ASGI: auto does where no middleware "
        "follows them.",
    )
    listen: Annotated[str | None, BeforeValidator(read_cap)] = Field(
        None,
        description="Where PostgreSQL is reached past a pooler, to listen: an alias or an address.",
    )
    drain_seconds: Annotated[float, Field(ge=0, le=60)] = Field(
        5.0, description="Seconds over which clients are asked to come back after a restart."
    )
    log_level: Level = Field("INFO", description="The least level of what is logged.")
    log_format: Literal["lines", "json"] = Field(
        "lines", description="How it is logged: readable lines, or a JSON object a line."
    )


def explain(error: ValidationError) -> str:
    """One line a wrong setting, each with the setting's outer name; a key is not repeated."""
    return "\n".join(
        f"{PREFIX}{'_'.join(str(part) for part in problem['loc'][:1]).upper()}: {problem['msg']}"
        + ("" if problem["loc"][:1] == ("jwt_key",) else f" (got {problem['input']!r})")
        for problem in error.errors()
    )


def given() -> dict[str, Any]:
    """What the Django settings say about Hubbub, by field name."""
    return {
        name.removeprefix(PREFIX).lower(): getattr(django_settings, name)
        for name in dir(django_settings)
        if name.startswith(PREFIX)
    }


@lru_cache(maxsize=1)
def current() -> Settings:
    """The settings in force. Raises SettingError, which names every wrong one."""
    try:
        return Settings(**given())
    except ValidationError as error:
        raise SettingError(explain(error)) from None


def forget(*, setting: str, **_: object) -> None:
    """Read the settings anew after `override_settings`."""
    if setting.startswith(PREFIX):
        current.cache_clear()


setting_changed.connect(forget, dispatch_uid="hubbub.conf")
