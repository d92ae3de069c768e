"""The stand-alone site, which tells a test more: of its lifespan, and what its server offers."""

import asyncio
import json
import os
from pathlib import Path

from hubbub.asgi import application as site

NOTES = Path(os.environ["NOTES"])


async def application(scope, receive, send):
    """The site, but for `/scope/`; with `?process` the first frame names the process."""
    if scope["type"] == "lifespan":
        await site(scope, noting(receive), send)
    elif scope["path"] == "/scope/":
        await tell(scope, receive, send)
    elif scope["query_string"] == b"process":
        await site(scope, receive, naming(send))
    else:
        await site(scope, receive, send)


def naming(send):
    """A `send` that names the process when it accepts."""

    async def send_and_name(message):
        await send(message)
        if message["type"] == "websocket.accept":
            await send({"type": "websocket.send", "text": json.dumps({"process": os.getpid()})})

    return send_and_name


def noting(receive):
    """A `receive` that leaves a line for each event."""

    async def receive_and_note():
        event = await receive()
        await asyncio.to_thread(note, event["type"])
        return event

    return receive_and_note


def note(line):
    with NOTES.open("a") as file:
        file.write(f"{line}\n")


async def tell(scope, receive, send):
    """Answer a WebSocket with what its scope has."""
    await receive()
    await send({"type": "websocket.accept"})
    seen = {"client": scope.get("client"), "extensions": list(scope.get("extensions", {}))}
    await send({"type": "websocket.send", "text": json.dumps(seen)})
    await send({"type": "websocket.close", "code": 1000})
    while (await receive())["type"] != "websocket.disconnect":
        pass
