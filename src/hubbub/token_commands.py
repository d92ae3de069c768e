"""`hubbub token`: a user's tokens, made, listed and ended on the command line."""

from __future__ import annotations

import argparse
import shlex
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from hubbub import project, schema
from hubbub.errors import NotFoundError

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_DAYS = 36500
#: Tokens that are read at once to be listed.
PAGE = 200


def add_token_commands(token: argparse.ArgumentParser, which: argparse.ArgumentParser) -> None:
    """The commands below `hubbub token`, which all take the options of `which`."""
    commands = token.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_token_create(commands.add_parser("create", parents=[which], help="print a new token"))
    add_token_list(commands.add_parser("list", parents=[which], help="a user's tokens"))
    add_token_revoke(commands.add_parser("revoke", parents=[which], help="end a token"))


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


def day_count(text: str) -> timedelta:
    """Some days, more than none and at most a hundred years."""
    days = float(text)
    if not 0 < days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"days are more than 0 and at most {MOST_DAYS}")
    return timedelta(days=days)


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
            end = token.expires.astimezone(UTC)  # USE_TZ may be off
            print(f"{token.pk}\t{end:%Y-%m-%d %H:%M} UTC\t{bound}\t{token.label}")
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
    schema.open_project(options.settings, options.data)
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
