"""The command line: `hubbub serve`, `hubbub token`, `hubbub prune`, `hubbub manage`.

What is wrong with a setting, a port, a folder or a name is said in a sentence, with exit code 2.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import DatabaseError

from hubbub import (
    __version__,
    conf,
    listeners,
    listening,
    project,
    reloading,
    schema,
    serving,
)
from hubbub.errors import HubbubError
from hubbub.journal.options import add_prune_options
from hubbub.observe.streams import outlive_readers
from hubbub.reloading import WRONG
from hubbub.token_commands import add_token_commands

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

LAST_PORT = 65535


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        # argparse would take the options of Django's commands for its own.
        if words[:1] == ["manage"]:
            return manage(words[1:])
        options = parser().parse_args(words)
        return int(options.command(options))
    except HubbubError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="hubbub", description="A real-time server for Django.")
    top.add_argument("--version", action="version", version=f"hubbub {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    which = which_project()
    which.add_argument(
        "--data", metavar="FOLDER", help="the stand-alone site's files (HUBBUB_DATA, else var)"
    )
    add_serve(commands.add_parser("serve", parents=[which], help="serve until stopped"))
    token = commands.add_parser("token", help="make tokens for programs that connect")
    add_token_commands(token, which)
    add_prune(commands.add_parser("prune", parents=[which], help="delete old events"))
    commands.add_parser("manage", help="run a command of Django, such as createsuperuser")
    return top


def which_project() -> argparse.ArgumentParser:
    """The options that say for which project a command works."""
    which = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    of = which.add_mutually_exclusive_group()
    of.add_argument(
        "--settings",
        metavar="MODULE",
        help="the project's settings (DJANGO_SETTINGS_MODULE, else those of ./manage.py)",
    )
    of.add_argument(
        *("--demo",),
        action="store_const",
        const=project.SITE,
        dest="settings",
        help="the stand-alone site, whatever project is here",
    )
    return which


def add_serve(adding: argparse.ArgumentParser) -> None:
    """The options of `hubbub serve`."""
    adding.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    adding.add_argument("--port", type=port_number, default=8000, help="8000; 0 takes a free one")
    adding.add_argument("--uds", metavar="PATH", help="listen on a Unix socket instead")
    adding.add_argument(
        "--fd", type=int, metavar="N", help="listen on a socket that was opened already"
    )
    adding.add_argument(
        "--root-path", type=root_path, metavar="PATH", help="where a proxy shows it, such as /app"
    )
    adding.add_argument(
        "--forwarded-allow-ips",
        metavar="ADDRESSES",
        help="proxies that may name a client's address (FORWARDED_ALLOW_IPS, else 127.0.0.1)",
    )
    adding.add_argument(
        "--reload", action="store_true", help="for development: anew with each change of the code"
    )
    adding.add_argument("--workers", type=int, default=1, help="processes; more than one cannot be")
    adding.set_defaults(command=serve)


def add_prune(pruning: argparse.ArgumentParser) -> None:
    """The options of `hubbub prune`."""
    add_prune_options(pruning)
    pruning.set_defaults(command=prune)


def port_number(text: str) -> int:
    """A TCP port, 0 to 65535."""
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {LAST_PORT}")
    return port


def root_path(text: str) -> str:
    """A path from the root, without a slash at its end."""
    try:
        return conf.read_root(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def serve(options: argparse.Namespace) -> int:
    """Serve the project, else the stand-alone site."""
    if options.workers != 1:
        raise project.UsageError(
            f"--workers {options.workers}: several processes must share a bus, and there is none"
            " yet. Start with one."
        )
    outlive_readers()
    project.choose(
        named=options.settings, data=options.data, host=options.host, root_path=options.root_path
    )
    if options.reload:
        return reloading.run(partial(listen, options), partial(serve_on, options))
    with listeners.opened(options.uds, options.fd) as sockets:
        serve_on(options, sockets)
    return 0


@contextmanager
def listen(options: argparse.Namespace) -> Iterator[list[socket.socket]]:
    """The sockets that the options ask for, opened by this process. Raises UsageError."""
    with listeners.opened(options.uds, options.fd) as sockets:
        yield sockets or [listening.listen(options.host, options.port)]


def serve_on(options: argparse.Namespace, sockets: list[socket.socket]) -> None:
    """Set the project up and serve it, on sockets or else on an address."""
    port = options.port if sockets else listening.claim(options.host, options.port)
    project.set_up()
    root = project.settle_root(options.root_path)
    if options.reload:
        call_command("check")  # as runserver does: it loads the paths, and so the views
    application = serving.check_and_wrap(project.application())
    schema.settle(options.settings)
    if not sockets and options.host == "::":  # to asyncio it is all of IPv6 alone
        sockets = [listening.listen(options.host, port)]
    if sockets:
        listening.greet_sockets(sockets, root)
    else:
        listening.greet(options.host, port, root)
    serving.serve(
        application,
        host=options.host,
        port=port,
        sockets=sockets or None,
        root_path=root,
        proxies=options.forwarded_allow_ips,
        spread=not options.reload,
    )


def prune(options: argparse.Namespace) -> int:
    """Delete old events, as the options or else the settings say."""
    schema.open_project(options.settings, options.data)
    try:
        call_command("hubbub_prune", older_than=options.older_than, dry_run=options.dry_run)
    except (DatabaseError, CommandError) as error:
        raise project.UsageError(f"cannot prune: {error}") from None
    return 0


def manage(words: list[str]) -> int:
    """Run a command of Django for the project, else for the stand-alone site.

    Django takes `--settings` after its command; `--demo` goes before it.
    """
    which = which_project()
    demo = which.parse_args([words.pop(0)]) if words[:1] == ["--demo"] else None
    project.choose(named=(demo or which.parse_known_args(words)[0]).settings)
    project.check_environment()
    execute_from_command_line(["hubbub manage", *words])
    return 0
