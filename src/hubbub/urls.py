"""The HTTP paths of Hubbub, for a project's `include("hubbub.urls")` and for the site."""

from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.module_loading import import_string

from hubbub.accounts.api import router as accounts
from hubbub.http.api import build_api
from hubbub.http.health import healthz, readyz
from hubbub.http.upgrade import upgrade_required
from hubbub.routing import SOCKET_PATHS
from hubbub.streams.api import build_router
from hubbub.streams.registry import built_in, kinds
from hubbub.streams.schema import describe_parts

api = build_api(
    {
        "/auth/": accounts,
        **{f"/{kind.kind}/": import_string(kind.calls) for kind in built_in()},
        **{f"/streams/{kind.kind}/": build_router(kind) for kind in kinds()},
    },
    schemas={name: part for kind in kinds() for name, part in describe_parts(kind).items()},
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    *(re_path(socket, upgrade_required) for socket, _ in SOCKET_PATHS),
]
