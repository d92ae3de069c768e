"""What an authentication of a project's own answers where a user alone does not say enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user, of whatever class, and the moment until which: then its connections end with 4401."""

    user: Any
    expires: datetime | None = None
