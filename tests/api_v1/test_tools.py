"""Testing the API, of the published document: its command line tool and its Python client."""

import json
import os
import pty
import select
import subprocess
import sys
import time

import pytest

#: Using Python, as printed.
PYTHON = """
import asyncio
import websockets
import json

async def test_chat():
    async with websockets.connect('ws://localhost:8000/ws/chat/general/') as ws:
        # Send message
        await ws.send(json.dumps({
            'type': 'chat_message',
            'message': 'Hello from Python',
            'username': 'PythonBot'
        }))
        
        # Receive response
        response = await ws.recv()
        print(response)

asyncio.run(test_chat())
"""  # noqa: W293 - a line of the document
SECONDS = 30


def test_python_client_prints_its_own_message(site):
    """Using Python."""
    done = subprocess.run(
        [sys.executable, "-c", PYTHON.replace(":8000", f":{site.port}")],
        env=os.environ | {"NO_PROXY": "localhost"},
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )
    frame = json.loads(done.stdout)
    assert frame["type"] == "chat_message"
    assert frame["message"] == "Hello from Python"
    assert frame["username"] == "PythonBot"


@pytest.fixture
def terminal():
    """A terminal: the side that a person looks at, and the side that a program runs on."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def read_until(person, wanted):
    """What the terminal shows until `wanted` is in it."""
    deadline = time.monotonic() + SECONDS
    screen = b""
    while wanted not in screen:
        ready, _, _ = select.select([person], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"{wanted!r} never came: {screen!r}"
        screen += os.read(person, 4096)
    return screen


def test_wscat_shows_the_message_that_was_typed(site, node_modules, terminal):
    """Using WebSocket CLI Tool: connect to chat, send message, receive messages."""
    person, program = terminal
    url = f"ws://localhost:{site.port}/ws/chat/general/"
    wscat = node_modules / "wscat" / "bin" / "wscat"
    with subprocess.Popen(
        ["node", wscat, "--no-color", "-c", url], stdin=program, stdout=program, stderr=program
    ) as process:
        try:
            read_until(person, b"Connected")
            os.write(person, b'{"type": "chat_message", "message": "Hello", "username": "Test"}\r')
            screen = read_until(person, b'"seq":').decode()
        finally:
            process.kill()
    received = next(line for line in screen.splitlines() if '"timestamp"' in line)
    assert '"message":"Hello","username":"Test"' in received
