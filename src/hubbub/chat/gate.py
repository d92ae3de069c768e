"""What a caller may in a room: the setting `HUBBUB_CHAT_POLICY` says it, less what was taken."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from django.utils.module_loading import import_string

from hubbub import conf
from hubbub.accounts.caller import ANONYMOUS
from hubbub.chat.policies import rights_together
from hubbub.chat.sanctioned import sanctioned
from hubbub.chat.sanctions import apply_sanctions, sanctions_changed
from hubbub.chat.table import KIND
from hubbub.errors import SettingError
from hubbub.streams.gate import Gate
from hubbub.streams.permissions import METHODS, unasked

if TYPE_CHECKING:
    from hubbub.streams.permissions import Policy


def policy_in_force() -> Policy:
    """The project's. Raises SettingError."""
    return policy_of(conf.current().chat_policy)


@lru_cache(maxsize=8)
def policy_of(path: str) -> Policy:
    """The policy at a dotted path: an object, or a class that is called. Raises SettingError."""
    try:
        found = import_string(path)
        policy = found() if isinstance(found, type) else found
    except Exception as error:
        raise SettingError(f"HUBBUB_CHAT_POLICY: {path}: {error}") from error
    for method in METHODS:
        if not takes_both(getattr(policy, method, None)):
            raise SettingError(f"HUBBUB_CHAT_POLICY: {path} has no `def {method}(caller, name)`")
    for name in unasked(policy):
        raise SettingError(f"HUBBUB_CHAT_POLICY: {path}.{name} is asked by nobody")
    return cast("Policy", policy)


def takes_both(method: object) -> bool:
    """Whether something can be called with a caller and a name."""
    try:
        inspect.signature(method).bind(ANONYMOUS, "")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


gate = Gate(
    KIND, policy_in_force, apply_sanctions, sanctions_changed, sanctioned.spares, rights_together
)
