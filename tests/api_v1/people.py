"""Makes the database of a server and the people in it; prints them as JSON."""

import json
import sys

import django

NAMES = ("ada", "bob", "eve")


def make(name: str) -> dict[str, object]:
    """An account with a token, and a session of somebody signed in to it."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from hubbub.accounts.tokens import token_create

    user = get_user_model().objects.create_user(name, is_staff=name == "eve")
    client = Client()
    client.force_login(user)
    cookie = "; ".join(f"{key}={morsel.value}" for key, morsel in client.cookies.items())
    return {"user_id": user.pk, "token": token_create(user=user), "cookie": cookie}


def main() -> None:
    """Migrate, and print the people by name."""
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    json.dump({name: make(name) for name in NAMES}, sys.stdout)


if __name__ == "__main__":
    main()
