"""Members of many streams by one socket, and what these are told."""

from __future__ import annotations

import secrets

from hubbub.chat import services as chat
from hubbub.counter import services as counter
from hubbub.testing import Member


def many(**options):
    """A member of no stream yet."""
    return Member("/ws/", subprotocols=["hubbub.v1"], **options)


def new_name():
    """A name that nothing else has."""
    return f"n{secrets.token_hex(4)}"


def subscribe(member, stream, **keys):
    """Subscribe, and hear where the stream stands."""
    member.say(type="subscribe", stream=stream, **keys)
    return member.hear_until(type="subscribed", stream=stream)


def post(room, message):
    """Say something, as the project's own code does."""
    chat.post(room=room, message=message, username="a")


def change(name, value):
    """Increment a counter so."""
    counter.change(name=name, action="increment", value=value)
