"""ASGI middleware of a project's own around our routes, on our own server and on plain ones."""

import json
import time

import pytest

from tests.http.calls import call
from tests.places.projects import Project, hear, post, said

MIDDLEWARE = """
OPEN = SAID = HEARD = 0


class Counting:
    \"\"\"Counts the connections, by how long the call lasts.\"\"\"

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        global OPEN
        OPEN += scope["type"] == "websocket"
        try:
            await self.app(scope, receive, send)
        finally:
            OPEN -= scope["type"] == "websocket"


class Tracing:
    \"\"\"Wraps both ways, as OpenTelemetry's middleware does.\"\"\"

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def traced_receive():
            global HEARD
            message = await receive()
            HEARD += message["type"] == "websocket.receive"
            return message

        async def traced_send(message):
            global SAID
            SAID += message["type"] == "websocket.send"
            await send(message)

        return await self.app(dict(scope), traced_receive, traced_send)


class Sending:
    \"\"\"Wraps send alone, as Sentry's middleware does.\"\"\"

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def wrapped_send(message):
            global SAID
            SAID += message["type"] == "websocket.send"
            return await send(message)

        return await self.app(scope, receive, wrapped_send)


class Rejecting:
    \"\"\"Lets nobody in who does not know the word.\"\"\"

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket" and b"word=open" not in scope["query_string"]:
            await receive()
            await send({"type": "websocket.close", "code": 4000})
            return
        await self.app(scope, receive, send)


class Moving:
    \"\"\"Shows the sockets at another path.\"\"\"

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        path = scope["path"].replace("/live/", "/ws/")
        await self.app({**scope, "path": path}, receive, send)


class Greeting:
    \"\"\"Says something of its own when the socket is open.\"\"\"

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def greet(message):
            await send(message)
            if message["type"] == "websocket.accept":
                await send({"type": "websocket.send", "text": '{"type": "welcome"}'})

        await self.app(scope, receive, greet)


from channels.auth import AuthMiddlewareStack

application = ALL(application)
_inner = application


async def application(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/gauge":
        body = b'{"status": "success", "data": [%d, %d, %d]}' % (OPEN, HEARD, SAID)
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})
    else:
        await _inner(scope, receive, send)
"""
SERVERS = {
    "hubbub": lambda project: project.serve(),
    "uvicorn": lambda project: project.serve_by(
        "uvicorn", "asgi:application", "--port", "{port}", "--log-level", "warning"
    ),
    "daphne": lambda project: project.serve_by("daphne", "-p", "{port}", "asgi:application"),
}
SECONDS = 30


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("wrapped"))
    project.manage("migrate")
    return project


@pytest.fixture
def around(migrated):
    """The project with some middleware around all, outermost first, and more settings."""

    def wrap(*names, settings="", bare=False):
        stack = "lambda app: " + "".join(f"{name}(" for name in names) + "app" + ")" * len(names)
        text = MIDDLEWARE.replace("ALL(application)", f"({stack})(application)")
        if bare:  # no application of the project's own is left around it
            text = text.partition("_inner =")[0]
        return Project(migrated.folder, settings=settings, asgi=text)

    return wrap


def gauge(server):
    return call(f"{server.url}/gauge").data


def until(check):
    deadline = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("middleware", ["Counting", "Counting(Tracing", "Counting(Sending"])
def test_who_counts_calls_counts_connections(around, name, middleware):
    project = around(*middleware.split("("))
    with SERVERS[name](project) as server:
        with hear(server, "/ws/chat/den/") as one, hear(server, "/ws/counter/"):
            until(lambda: gauge(server)[0] == 2)
            one.send(json.dumps({"type": "chat_message", "message": "hello"}))
            assert said(one)["message"] == "hello"
            assert gauge(server)[0] == 2
        until(lambda: gauge(server)[0] == 0)


@pytest.mark.parametrize("name", SERVERS)
def test_who_wraps_both_ways_sees_all_that_is_said(around, name):
    with SERVERS[name](around("Tracing")) as server, hear(server, "/ws/chat/seen/") as socket:
        before = gauge(server)
        for number in range(3):
            socket.send(json.dumps({"type": "chat_message", "message": f"{number}"}))
            assert said(socket)["message"] == f"{number}"
        assert gauge(server) == [0, before[1] + 3, before[2] + 3]


def test_a_connection_that_the_server_ends_is_counted_out(around):
    project = around("Counting", settings='HUBBUB_CHAT_REQUIRES_USER = "true"')
    with project.serve() as server, hear(server, "/ws/chat/den/") as socket:
        assert said(socket)["code"] == "unauthenticated"
        until(lambda: gauge(server)[0] == 0)


def test_a_stop_ends_the_calls(around):
    with around("Counting").serve() as server, hear(server, "/ws/chat/den/"):
        until(lambda: gauge(server)[0] == 1)
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("middleware", "reason"),
    [
        ("Counting", "the call is awaited"),
        ("Tracing", "send is wrapped"),
        ("Sending", "send is wrapped"),
    ],
)
def test_the_log_says_once_why_and_who(around, middleware, reason):
    with around(middleware).serve() as server:
        for _ in range(3):
            with hear(server, "/ws/counter/") as socket:
                said(socket)
        lines = [line for line in server.output().splitlines() if "connections_followed" in line]
        assert len(lines) == 1
        assert f'reason="{reason}" by=asgi.{middleware}.' in lines[0]


@pytest.mark.parametrize("names", [(), ("AuthMiddlewareStack",)])
def test_nobody_follows_where_only_channels_are_around(around, names):
    """Its sessions wrap send, and look at answers of HTTP alone."""
    project = around(*names, bare=True)
    with project.serve() as server, hear(server, "/ws/counter/") as socket:
        said(socket)
        assert "connections_followed" not in server.output()


@pytest.mark.parametrize(("setting", "open_then"), [("on", 0), ("off", 1)])
def test_a_setting_says_which_way(around, setting, open_then):
    project = around("Counting", settings=f"HUBBUB_FAST_PATH = {setting!r}")
    with project.serve() as server, hear(server, "/ws/chat/den/") as socket:
        post(server, "den", "hello")
        assert said(socket)["message"] == "hello"
        until(lambda: gauge(server)[0] == open_then)
        assert "connections_followed" not in server.output()


def test_one_that_rejects_before_us_does_so(around):
    from websockets.exceptions import InvalidStatus

    with around("Rejecting").serve() as server:
        with pytest.raises(InvalidStatus), hear(server, "/ws/counter/"):
            raise AssertionError
        with hear(server, "/ws/counter/?word=open") as socket:
            assert said(socket)["type"] == "counter_update"


def test_one_that_changes_the_path_may(around):
    with around("Moving").serve() as server, hear(server, "/live/counter/") as socket:
        assert said(socket)["type"] == "counter_update"


def test_one_that_says_something_of_its_own_is_heard_in_its_place(around):
    with around("Greeting").serve() as server, hear(server, "/ws/counter/") as socket:
        first = {said(socket)["type"] for _ in range(3)}
        assert first == {"welcome", "counter_update", "user_count_update"}
        call(f"{server.url}/api/counter/global/", {"action": "increment"})
        while said(socket)["type"] != "counter_update":
            pass
