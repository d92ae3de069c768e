"""Django's system checks of CHANNEL_LAYERS: options of another layer, and no layer of ours."""

from __future__ import annotations

import inspect
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register

from hubbub.fanout.layer import HubLayer

BACKEND = f"{HubLayer.__module__}.{HubLayer.__qualname__}"
OPTIONS = frozenset(inspect.signature(HubLayer).parameters)

#: What an option of channels_redis becomes here.
BECOMES = {
    "hosts": "nothing: events go through the process and the project's database",
    "prefix": "nothing: a database is one project's",
    "symmetric_encryption_keys": "nothing: no event leaves for another server",
    "serializer_format": "nothing: an event is carried as it is, or stored as JSON",
    "random_serializer_class": "nothing: an event is carried as it is, or stored as JSON",
    "on_disconnect": "a line in the log: database_away",
    "on_reconnect": "a line in the log: database_back",
}
ELSEWHERE = checks.Warning(
    "No layer of CHANNEL_LAYERS is Hubbub's: what is sent to chat_general, notifications or"
    " global_counter is stored nowhere, and heard on no socket of ours.",
    hint=f'CHANNEL_LAYERS = {{"default": {{"BACKEND": "{BACKEND}"}}}}',
    id="hubbub.W009",
)


@register("hubbub")
def check_layers(**_: Any) -> list[CheckMessage]:
    """hubbub.E009: a layer of ours has an option that it does not know; W009: none is ours."""
    layers: dict[str, dict[str, Any]] = getattr(settings, "CHANNEL_LAYERS", None) or {}
    ours = {alias: layer for alias, layer in layers.items() if layer.get("BACKEND") == BACKEND}
    if layers and not ours:
        return [ELSEWHERE]
    return [
        checks.Error(
            f"CHANNEL_LAYERS[{alias!r}]: Hubbub's layer has no option {option!r}.",
            hint=f"Leave it out. It becomes {BECOMES.get(option, 'nothing')}.",
            id="hubbub.E009",
        )
        for alias, layer in ours.items()
        for option in layer.get("CONFIG") or {}
        if option not in OPTIONS
    ]
