"""A process of the project's own that publishes, by functions and by the Channels layer.

`python -m tests.crash.publishing SEED NUMBER USER` with the settings and the data of a server.
"""

from __future__ import annotations

import sys
import time
from random import Random

import django

#: How many streams of each kind there are to publish to.
ROOMS, COUNTERS, GAMES = 12, 6, 7


def main(seed: int, number: int, user_id: int) -> None:
    """Publish so many events; each is stored, for what fails ends the process."""
    django.setup()
    random = Random(seed)
    for n in range(number):
        way = random.choice((post, send, change, count, notify, send_notice, move))
        way(random, f"published {n}", user_id)
        time.sleep(random.uniform(0, 0.05))


def post(random, text, _):
    from hubbub.chat import services

    services.post(room=f"r{random.randrange(ROOMS)}", message=text, username="System")


def send(random, text, _):
    event = {"type": "chat_message", "message": text, "username": "System"}
    group_send(f"chat_r{random.randrange(ROOMS)}", event)


def change(random, _, __):
    from hubbub.counter import services

    name, value = f"c{random.randrange(COUNTERS)}", random.randrange(9)
    services.change(name=name, action="increment", value=value)


def count(random, _, __):
    event = {"type": "counter_update", "action": "decrement", "value": random.randrange(9)}
    group_send(f"counter_c{random.randrange(COUNTERS)}", event)


def notify(random, text, user_id):
    from hubbub.notifications import services

    everyone = random.random() < 0.5
    title, to = ("everyone", None) if everyone else ("own", user_id)
    services.send(title=title, message=text, user_id=to)


def send_notice(_, text, user_id):
    event = {"type": "send_notification", "title": "own", "message": text, "priority": "low"}
    group_send(f"notifications_{user_id}", event)


def move(random, text, _):
    from hubbub import streams
    from tests.toys.models import Step

    streams.publish("game", f"g{random.randrange(GAMES)}", Step(field=text))


def group_send(group, event):
    """Version 1's snippet."""
    from asgiref.sync import async_to_sync
    from channels.layers import get_channel_layer

    async_to_sync(get_channel_layer().group_send)(group, event)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
