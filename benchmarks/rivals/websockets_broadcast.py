"""The chat on `websockets`' own asyncio server and its `broadcast`, on uvloop.

Usage: python -m benchmarks.rivals.websockets_broadcast PORT
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)
sequences: Counter[str] = Counter()


def outgoing(room: str, text: str | bytes) -> str | None:
    """The event as JSON; None when the text is no chat message of 1 to 1000 characters."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.get("type") != "chat_message":
        return None
    message, username = data.get("message"), data.get("username", "Anonymous")
    if not isinstance(message, str) or not isinstance(username, str):
        return None
    if not message.strip() or len(message) > 1000:
        return None
    sequences[room] += 1
    event = {
        "type": "chat_message",
        "message": message,
        "username": username,
        "timestamp": datetime.now(UTC).isoformat(),
        "seq": sequences[room],
    }
    return json.dumps(event)


async def member(connection: ServerConnection) -> None:
    """The life of one connection in the room that its path names."""
    room = connection.request.path.strip("/").split("/")[-1] if connection.request else ""
    rooms[room].add(connection)
    try:
        async for text in connection:
            out = outgoing(room, text)
            if out is None:
                await connection.send('{"type":"error","message":"Invalid message format"}')
            else:
                broadcast(rooms[room], out)
    except ConnectionClosed:
        pass
    finally:
        rooms[room].discard(connection)


async def main(port: int) -> None:
    """Serve until the process is ended."""
    async with serve(member, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
