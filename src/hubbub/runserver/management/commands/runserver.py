"""`manage.py runserver`: Django's own, but that it serves ASGI_APPLICATION, and so the sockets."""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management import CommandError
from django.core.management.commands import runserver

from hubbub import listening, project, reloading, schema
from hubbub.errors import SettingError
from hubbub.serving import check_and_wrap, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser


class Command(runserver.Command):
    """Options, checks and words are Django's, and those of its static files' command."""

    # Set by Django's own `handle`.
    addr: str
    port: str
    use_ipv6: bool

    help = "Starts a development server: pages, sockets and static files, anew with each change."

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of `django.contrib.staticfiles` where that is installed, as its own command."""
        super().add_arguments(parser)
        if apps.is_installed("django.contrib.staticfiles"):
            parser.add_argument(
                "--nostatic",
                action="store_false",
                dest="use_static_handler",
                help="Tells Django to NOT automatically serve static files at STATIC_URL.",
            )
            parser.add_argument(
                "--insecure",
                action="store_true",
                dest="insecure_serving",
                help="Allows serving static files even if DEBUG is False.",
            )

    def get_handler(self, *_: Any, **options: Any) -> Any:
        """The project's ASGI application, and its static files before it."""
        try:
            application = project.application()
        except SettingError as error:
            raise CommandError(str(error)) from error
        static, insecure = options.get("use_static_handler"), options.get("insecure_serving")
        return check_and_wrap(application, static=bool(static), insecure=bool(insecure))

    def check_migrations(self) -> None:
        """Say what is not migrated, as Django does; of a kind's events also what was not made."""
        super().check_migrations()
        for alias, labels in schema.homes().items():
            if not schema.missing(alias) and (unmade := schema.find_unmade(alias, labels)):
                command = schema.migrate_command(None, alias)
                self.stdout.write(self.style.NOTICE(schema.unmade_sentence(unmade, command)))

    def run(self, **options: Any) -> None:
        """Listen, and serve until a signal, anew with each change of the code."""
        serve_once = partial(self.serve_on, options)
        if options["use_reloader"]:
            sys.exit(reloading.run(self.listen, serve_once))
        with self.listen() as sockets:
            serve_once(sockets)

    @contextmanager
    def listen(self) -> Iterator[list[socket.socket]]:
        """The socket that the command line asks for."""
        family = socket.AF_INET6 if self.use_ipv6 else socket.AF_INET
        try:
            listener = listening.open_port(self.addr, int(self.port), family)
        except OSError as error:
            place = f"{self.addr} port {self.port}"
            raise CommandError(f"cannot listen on {place}: {error.strerror}") from None
        with listener:
            yield [listener]

    def serve_on(self, options: dict[str, Any], sockets: list[socket.socket]) -> None:
        """Check the project, say where it is, serve it."""
        root = project.settle_root(None)
        self.server_cls = partial(DevelopmentServer, sockets, root)  # type: ignore[assignment]  # called
        # Its threads are for WSGI.
        self.inner_run(None, **options | {"use_threading": False})


class DevelopmentServer:
    """What Django's command runs in place of its WSGI server."""

    def __init__(self, sockets: list[socket.socket], root: str, *_: Any, **__: Any) -> None:
        self._where = {"sockets": sockets, "root_path": root}
        self.server_port = sockets[0].getsockname()[1]

    def set_app(self, application: Any) -> None:
        """Take what `get_handler` made."""
        self._application = application

    def serve_forever(self) -> None:
        """Serve until a signal, or until the code changes."""
        serve(self._application, **self._where, spread=False)
