"""Whose a token is, where a project has its users in another database than ours.

Then no query can join the two tables, and nothing in a database ends tokens with their user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from hubbub.accounts.models import Token
from hubbub.accounts.users import user_deleted
from hubbub.database import home

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet


def together() -> bool:
    """Whether tokens and users are in one database."""
    return home(Token) == home(get_user_model())


def owned(tokens: QuerySet[Token]) -> list[Token]:
    """Tokens with their users, less those whose user is gone: one query, or two."""
    if together():
        return list(tokens.select_related("user"))
    found = list(tokens)
    users = get_user_model()._default_manager.in_bulk({token.user_id for token in found})
    return [put_owner(token, users[token.user_id]) for token in found if token.user_id in users]


def put_owner(token: Token, user: AbstractBaseUser) -> Token:
    """The token with its user; Django's own way forbids what crosses databases."""
    Token._meta.get_field("user").set_cached_value(token, user)
    return token


def end_tokens(user: Any, **_: Any) -> None:
    """Delete the tokens of a user that is deleted; where it can be, in the same transaction."""
    Token.objects.filter(user_id=user.pk).delete()


user_deleted.connect(end_tokens, dispatch_uid="hubbub.accounts.owners")
