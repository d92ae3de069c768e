"""The servers of a run: how each is started, and how it is spoken to."""

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rival_packages import bun_binary, node_rivals_missing
from benchmarks.scenarios import Scenario

BEFORE = "hubbub-before"
UNSTORED = "hubbub-unstored"
HUBBUB = (sys.executable, "-m", "hubbub", "serve", "--port", "{port}", "--data", "{data}")
PLAIN = "benchmarks.rivals.channels_plain:app"


@dataclass(frozen=True)
class Server:
    """A server to be measured. `command` has {port} and {data} (an empty folder) to fill in.

    With `journal` it stores what is said: it acks, and tells what was missed.
    """

    key: str
    title: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    prefix: str = "/ws/chat/bench"
    suffix: str = "/"
    socketio: bool = False
    journal: bool = False
    missing: str | None = None

    @property
    def first_room(self) -> str:
        """The room of a scenario with one."""
        return self.prefix.rpartition("/")[2] + "0"


def can_take_part(server: Server, scenario: Scenario) -> bool:
    """Whether a server has what a scenario measures."""
    return server.journal or not scenario.needs_journal


def servers(node: Path, against: Path | None) -> tuple[Server, ...]:
    """All servers, in the order of the table.

    `node` is the folder of the rivals from npm, `against` another checkout of Hubbub.
    """
    before = (hubbub_before(against),) if against else ()
    return (hubbub(), hubbub_unstored(), *before, *node_rivals(node), *python_rivals())


def hubbub() -> Server:
    """Hubbub as it ships, but for its rate limit: members here say more than 100 a minute."""
    found = importlib.util.find_spec("hubbub")
    return Server(
        "hubbub",
        "Hubbub",
        HUBBUB,
        env={"HUBBUB_RATE_LIMIT": "off"},
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
        missing=stored.missing,
    )


def hubbub_before(checkout: Path) -> Server:
    """The Hubbub of another checkout, on the Python and the packages of this one."""
    package = checkout.resolve() / "src" / "hubbub"
    return Server(
        BEFORE,
        "Hubbub before",
        HUBBUB,
        env={"HUBBUB_RATE_LIMIT": "off", "PYTHONPATH": str(package.parent)},
        journal=(package / "journal" / "models.py").is_file(),
        missing=None if package.is_dir() else f"there is no src/hubbub in {checkout}",
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
            prefix="/socket.io/?EIO=4&transport=websocket&room=bench",
            suffix="",
            socketio=True,
            missing=missing,
        ),
    )
