"""What the stand-alone site reads from the environment: every setting of Hubbub, and its own.

Each field is the variable `HUBBUB_<NAME>`. Lists are written with commas, rates and caps as in a
Django project's settings, `off` turns one off.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hubbub import conf
from hubbub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = ("SECRET_KEY", "DATABASE_URL", "JWT_KEY")  # their values are never repeated in a sentence


Synchronous = Annotated[Literal["NORMAL", "FULL"], BeforeValidator(conf.read_capitals)]


class Environment(conf.Settings, BaseSettings):
    """The settings of Hubbub and those of its site, each `HUBBUB_<NAME>` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix=conf.PREFIX, env_ignore_empty=True, enable_decoding=False, frozen=True
    )

    notifications_send: Literal["anyone", "users", "staff"] = Field(
        "anyone", description="Who may send notifications over HTTP: anyone, users or staff."
    )
    data: Path = Field(
        Path("var"), description="Folder of the site's own files: its database, its secret key."
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Django's SECRET_KEY; made once and kept in the data folder when not given.",
    )
    debug: bool = Field(
        default=False, description="Django's DEBUG: errors with their insides on the page."
    )
    allowed_hosts: conf.Names = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Names under which the site may be asked for, as Django's ALLOWED_HOSTS.",
    )
    csrf_trusted_origins: conf.Names = Field(
        (), description="Origins of other pages that may send forms, as https://example.org."
    )
    https: bool = Field(
        default=False,
        description="Whether a proxy in front speaks HTTPS: then nothing is served without it.",
    )
    root_path: Annotated[str, AfterValidator(conf.read_root)] | None = Field(
        None, description="Path under which a proxy shows the site, as /app, kept by it or not."
    )
    silenced_checks: conf.Names = Field(
        (), description="Numbers of checks that are not told, as hubbub.W004."
    )
    database_url: SecretStr | None = Field(
        None, description="The database as a URL; an SQLite file in the data folder when not given."
    )
    sqlite_synchronous: Synchronous = Field(
        "NORMAL",
        description="When SQLite has a commit on the disk: FULL at once, NORMAL a little later.",
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment, read and checked once. Raises SettingError, which names what is wrong."""
    try:
        return Environment()
    except ValidationError as error:
        raise SettingError(explain(error)) from None


def explain(error: ValidationError) -> str:
    """One line a wrong variable, with its name; secret values are left out."""
    return "\n".join(
        f"{(name := variable(str(problem['loc'][0])))}: {problem['msg']}"
        + ("" if name.removeprefix(conf.PREFIX) in HIDDEN else f" (got {problem['input']!r})")
        for problem in error.errors()
    )


def variable(field: str) -> str:
    """The environment variable of a field."""
    return conf.PREFIX + field.removeprefix(conf.PREFIX.lower()).upper()


def strangers(environ: Mapping[str, str] = os.environ) -> list[str]:
    """A sentence for each variable that looks like a setting and is none, as a typing error is."""
    known = {variable(field) for field in Environment.model_fields}
    unknown = sorted(name for name in environ if name.startswith(conf.PREFIX) and name not in known)
    return [f"{name} is not a setting of Hubbub{guess(name, known)}" for name in unknown]


def unread(project: object, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The variables that a project's settings would have to read, and have no setting of.

    Not those whose values are secrets: a project may well take its own from there.
    """
    names = [variable(field) for field in Environment.model_fields]
    secret = [conf.PREFIX + name for name in HIDDEN]
    return [
        name
        for name in names
        if environ.get(name) and name not in secret and not hasattr(project, name)
    ]


def guess(name: str, known: set[str]) -> str:
    """The setting that was probably meant."""
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.8)  # the prefix alone is 0.6
    return f"; did you mean {near[0]}?" if near else "."
