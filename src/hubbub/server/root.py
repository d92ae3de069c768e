"""The path under which a proxy shows the server: some proxies take it away, others keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class KeptRoot:
    """An ASGI application to which a path that had the root path already comes with it once.

    A server puts `root_path` before each path, since the proxy is thought to have taken it away.
    """

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request or one connection (ASGI)."""
        root = scope.get("root_path", "")
        if f"{scope.get('path', '')}/".startswith(f"{root}{root}/"):
            raw = scope.get("raw_path") or b""
            scope = scope | {
                "path": scope["path"][len(root) :],
                "raw_path": raw.removeprefix(root.encode()),
            }
        await self._application(scope, receive, send)


def take_kept_root(application: object) -> None:
    """Have what uvicorn serves take both kinds of paths."""
    if isinstance(application, ProxyHeadersMiddleware):
        application.app = KeptRoot(application.app)  # type: ignore[assignment]
