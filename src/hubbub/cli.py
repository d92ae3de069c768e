"""The command line: `hubbub serve`, `hubbub token`, `hubbub prune`, `hubbub manage`.

What is wrong with a setting, a port, a folder or a name is said in a sentence, with exit code 2.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import DatabaseError

from hubbub import __version__, conf, listeners, listening, project, schema
from hubbub.errors import HubbubError, NotFoundError
from hubbub.journal.options import add_prune_options
from hubbub.observe.streams import outlive_readers
from hubbub.server.run import run
from hubbub.static_files import with_static_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AbstractBaseUser

WRONG = 2
LAST_PORT = 65535
MOST_DAYS = 36500
#: Tokens that are read at once to be listed.
PAGE = 200


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
    token_commands = token.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_token_create(token_commands.add_parser("create", parents=[which], help="print a new token"))
    add_token_list(token_commands.add_parser("list", parents=[which], help="a user's tokens"))
    add_token_revoke(token_commands.add_parser("revoke", parents=[which], help="end a token"))
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


def add_serve(serving: argparse.ArgumentParser) -> None:
    """The options of `hubbub serve`."""
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serving.add_argument("--port", type=port_number, default=8000, help="8000; 0 takes a free one")
    serving.add_argument("--uds", metavar="PATH", help="listen on a Unix socket instead")
    serving.add_argument(
        "--fd", type=int, metavar="N", help="listen on a socket that was opened already"
    )
    serving.add_argument(
        "--root-path", type=root_path, metavar="PATH", help="where a proxy shows it, such as /app"
    )
    serving.add_argument(
        "--forwarded-allow-ips",
        metavar="ADDRESSES",
        help="proxies that may name a client's address (FORWARDED_ALLOW_IPS, else 127.0.0.1)",
    )
    serving.add_argument(
        "--workers", type=int, default=1, help="processes; more than one cannot be"
    )
    serving.set_defaults(command=serve)


def add_token_create(creating: argparse.ArgumentParser) -> None:
    """The options of `hubbub token create`."""
    creating.add_argument("user", metavar="USER", help="the name of a user that exists")
    creating.add_argument("--label", default="", help="what it is for")
    creating.add_argument("--days", type=day_count, help="how long it works (30)")
    creating.add_argument(
        "--keep", action="store_true", help="for a program: it outlives the user's password"
    )
    creating.set_defaults(command=token_create)


def add_token_list(listing: argparse.ArgumentParser) -> None:
    """The options of `hubbub token list`."""
    listing.add_argument("user", metavar="USER", help="the name of a user that exists")
    listing.set_defaults(command=token_list)


def add_token_revoke(revoking: argparse.ArgumentParser) -> None:
    """The options of `hubbub token revoke`."""
    revoking.add_argument("user", metavar="USER", help="whose it is")
    revoking.add_argument("id", metavar="ID", type=int, help="as `hubbub token list` shows it")
    revoking.set_defaults(command=token_revoke)


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


def day_count(text: str) -> timedelta:
    """Some days, more than none and at most a hundred years."""
    days = float(text)
    if not 0 < days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"days are more than 0 and at most {MOST_DAYS}")
    return timedelta(days=days)


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
    with listeners.opened(options.uds, options.fd) as sockets:
        port = options.port if sockets else listening.claim(options.host, options.port)
        project.set_up()
        application = with_static_files(project.application())
        schema.settle(options.settings)
        root = project.root_path(options.root_path)
        from hubbub.http.health import drain  # noqa: PLC0415 - Ninja reads the settings

        if sockets:
            listening.greet_sockets(sockets, root)
        else:
            listening.greet(options.host, port, root)
        where = {"host": options.host, "port": port, "sockets": sockets or None}
        proxies = options.forwarded_allow_ips
        run(application, **where, root_path=root, proxies=proxies, drain=drain)
    finish_writing()
    return 0


def finish_writing() -> None:
    """Store what was handed to the journal before the process ends."""
    if apps.is_installed("hubbub.journal"):
        from hubbub.journal.nodes import writer  # noqa: PLC0415 - its models need the apps

        writer.stop()


def token_create(options: argparse.Namespace) -> int:
    """Print a new token of a user, who must exist."""
    user = token_user(options)
    from hubbub.accounts import tokens  # noqa: PLC0415 - a model can be imported only by now

    print(
        tokens.token_create(
            user=user, label=options.label, lifetime=options.days, keep=options.keep
        )
    )
    return 0


def token_list(options: argparse.Namespace) -> int:
    """Print a user's tokens, newest first: id, end, whether the password ends it too, label."""
    user = token_user(options)
    from hubbub.accounts import tokens  # noqa: PLC0415 - as above

    before: int | None = None
    while page := tokens.tokens_list(user_id=user.pk, limit=PAGE, before=before):
        for token in page:
            bound = "password" if token.password else "kept"
            print(f"{token.pk}\t{token.expires:%Y-%m-%d %H:%M} UTC\t{bound}\t{token.label}")
        before = page[-1].pk
    return 0


def token_revoke(options: argparse.Namespace) -> int:
    """Delete a user's token; a server that runs notices it within half a minute."""
    user = token_user(options)
    from hubbub.accounts import tokens  # noqa: PLC0415 - as above

    try:
        tokens.token_revoke_own(user_id=user.pk, number=options.id)
    except NotFoundError:
        raise project.UsageError(f"{options.user} has no token {options.id}") from None
    return 0


def token_user(options: argparse.Namespace) -> AbstractBaseUser:
    """The user whom a command names, in a project that is set up by then. Raises UsageError."""
    open_project(options)
    users = get_user_model()
    try:
        user = users._default_manager.filter(**{users.USERNAME_FIELD: options.user}).first()
    except (ValueError, ValidationError):  # a number or a UUID, which the text is not
        user = None
    if user is None:
        raise project.UsageError(f"there is no user {options.user!r}{way_to_make(options.user)}")
    return user


def way_to_make(name: str) -> str:
    """The command that makes a user of the project's model, if Django's can."""
    users = get_user_model()
    if not hasattr(users._default_manager, "create_superuser"):
        return ""
    words = [f"--{users.USERNAME_FIELD}", name]
    return f"; make one with: {project.manage_command()} createsuperuser {shlex.join(words)}"


def prune(options: argparse.Namespace) -> int:
    """Delete old events, as the options or else the settings say."""
    open_project(options)
    try:
        call_command("hubbub_prune", older_than=options.older_than, dry_run=options.dry_run)
    except (DatabaseError, CommandError) as error:
        raise project.UsageError(f"cannot prune: {error}") from None
    return 0


def open_project(options: argparse.Namespace) -> None:
    """Set up the project for which a command works, with its database. Raises HubbubError."""
    project.choose(named=options.settings, data=options.data)
    project.set_up()
    schema.settle(options.settings)


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
