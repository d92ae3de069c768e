"""The site's secret key: made at the first start, then kept in the data folder."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from hubbub.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "secret.key"


def data_folder(path: Path) -> Path:
    """Make the data folder if it is not there; raises SettingError if it cannot be written to.

    One that is made is its owner's alone; one that was there may be meant for others too.
    """
    path = path.absolute()
    try:
        path.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"HUBBUB_DATA: cannot make the folder {path}: {error.strerror}"
        ) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise SettingError(f"HUBBUB_DATA: cannot write to the folder {path}")
    return path


def kept_secret(folder: Path) -> str:
    """The secret key of a data folder, readable by its owner only.

    Two processes that start together agree on one: the whole file is linked into place, and the
    link of the second one fails.
    """
    path = folder / NAME
    try:
        if not path.exists():
            make_secret(path)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"HUBBUB_DATA: cannot read or write {path}: {error}") from None
    if not secret:
        raise SettingError(f"HUBBUB_DATA: {path} is empty; delete it, and a new one is made")
    return secret


def make_secret(path: Path) -> None:
    """Write a new secret beside `path` and link it there, unless someone was quicker."""
    draft = path.with_name(f".{NAME}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
