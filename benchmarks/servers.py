"""The servers of a run: how each is started, and how it is spoken to."""

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rival_go import centrifuge_missing
from benchmarks.rival_packages import bun_binary, node_rivals_missing
from benchmarks.scenarios import Scenario

BEFORE = "hubbub-before"
UNSTORED = "hubbub-unstored"
HUBBUB = (sys.executable, "-m", "hubbub", "serve", "--port", "{port}", "--data", "{data}")
# Members here say more than 100 messages a minute, and begin more than 1000 rooms.
UNLIMITED = {"HUBBUB_RATE_LIMIT": "off", "HUBBUB_RATE_LIMIT_BEGIN": "off"}
PLAIN = "benchmarks.rivals.channels_plain:app"


@dataclass(frozen=True)
class Way:
    """Where a chat is, and how one speaks there: a word of the generator's (`load/speech.h`).

    `prefix` and `suffix` are the path around a room's number; where a member names its rooms by
    itself, `prefix` is all of it.
    """

    prefix: str = "/ws/chat/bench"
    suffix: str = "/"
    speech: str = "chat"


HUBBUB_MANY = Way("/ws/", speech="many")
CENTRIFUGE = Way("/connection/websocket", speech="centrifuge")


@dataclass(frozen=True)
class Server:
    """A server to be measured. `command` has {port} and {data} (an empty folder) to fill in.

    `many` is the way to many rooms over one socket, if there is one. With `journal` it stores what
    is said: it acks, and tells what was missed.
    """

    key: str
    title: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    way: Way = Way()
    many: Way | None = None
    journal: bool = False
    missing: str | None = None

    @property
    def first_room(self) -> str:
        """The room of a scenario with one."""
        return self.way.prefix.rpartition("/")[2] + "0"

    def way_for(self, scenario: Scenario) -> Way:
        """The way that a scenario's members take."""
        return (scenario.each and self.many) or self.way


def can_take_part(server: Server, scenario: Scenario) -> bool:
    """Whether a server has what a scenario measures."""
    if scenario.each:
        return server.many is not None
    return server.journal or not scenario.needs_journal


def servers(folder: Path, against: Path | None) -> tuple[Server, ...]:
    """All servers, in the order of the table.

    Rivals are installed and built in `folder`; `against` is another checkout of Hubbub.
    """
    before = (hubbub_before(against),) if against else ()
    ours = (hubbub(), hubbub_unstored(), *before)
    return (*ours, *node_rivals(folder / "node"), centrifuge(folder), *python_rivals())


def hubbub() -> Server:
    """Hubbub as it ships, but for two of its rate limits."""
    found = importlib.util.find_spec("hubbub")
    return Server(
        "hubbub",
        "Hubbub",
        HUBBUB,
        env=UNLIMITED,
        many=HUBBUB_MANY,
        journal=True,
        missing=None if found else "the package hubbub is not installed",
    )


def hubbub_unstored() -> Server:
    """The same with rooms that keep nothing."""
    stored = hubbub()
    return Server(
        UNSTORED,
        "Hubbub, nothing stored",
        HUBBUB,
        env={**stored.env, "HUBBUB_CHAT_STORE": "false"},
        many=stored.many,
        missing=stored.missing,
    )


def hubbub_before(checkout: Path) -> Server:
    """The Hubbub of another checkout, on the Python and the packages of this one."""
    package = checkout.resolve() / "src" / "hubbub"
    many = (package / "streams" / "one_socket.py").is_file()
    limits = UNLIMITED if many else {"HUBBUB_RATE_LIMIT": "off"}  # the second one came before it
    return Server(
        BEFORE,
        "Hubbub before",
        HUBBUB,
        env={**limits, "PYTHONPATH": str(package.parent)},
        many=HUBBUB_MANY if many else None,
        journal=(package / "journal" / "models.py").is_file(),
        missing=None if package.is_dir() else f"there is no src/hubbub in {checkout}",
    )


def centrifuge(folder: Path) -> Server:
    """Centrifuge, each channel with its history in memory."""
    program = folder / "centrifuge"
    return Server(
        "centrifuge",
        "Centrifuge (Go), history on",
        (str(program), "{port}"),
        way=CENTRIFUGE,
        many=CENTRIFUGE,
        missing=centrifuge_missing(program),
    )


def python_rivals() -> tuple[Server, ...]:
    """What runs on the Python of this environment."""
    python = sys.executable
    return (
        Server(
            "websockets",
            "websockets.broadcast",
            (python, "-m", "benchmarks.rivals.websockets_broadcast", "{port}"),
        ),
        Server(
            "channels-uvicorn",
            "Channels, plain, on uvicorn",
            (python, "-m", "uvicorn", PLAIN, "--port", "{port}", "--log-level", "warning"),
        ),
        Server(
            "channels-daphne",
            "Channels, plain, on Daphne",
            (python, "-m", "daphne", "-p", "{port}", "-v", "0", PLAIN),
            missing=None if importlib.util.find_spec("daphne") else "daphne is not installed",
        ),
    )


def node_rivals(folder: Path) -> tuple[Server, ...]:
    """What npm installs, Bun included."""
    missing = node_rivals_missing(folder)
    bun = bun_binary(folder)
    no_bun = missing or (None if bun else "npm has no Bun for this platform")
    return (
        Server(
            "bun",
            "Bun's publish (uWebSockets)",
            (str(bun), str(folder / "bun.mjs"), "{port}"),
            missing=no_bun,
        ),
        Server("ws", "ws (Node)", ("node", str(folder / "ws.mjs"), "{port}"), missing=missing),
        Server(
            "socketio",
            "Socket.IO (Node)",
            ("node", str(folder / "socketio.mjs"), "{port}"),
            way=Way("/socket.io/?EIO=4&transport=websocket&room=bench", "", "socketio"),
            missing=missing,
        ),
    )
