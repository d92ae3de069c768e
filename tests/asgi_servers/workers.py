"""Workers of gunicorn's: one with the classes, as docs/servers.md has it, one without."""

from uvicorn_worker import UvicornWorker

from tests.asgi_servers.page import PYTHON

exec(PYTHON)  # its Worker


class Plain(UvicornWorker):
    """As it is, but that it asks its clients every second."""

    CONFIG_KWARGS = UvicornWorker.CONFIG_KWARGS | {"ws_ping_interval": 1.0}
