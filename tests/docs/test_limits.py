"""`docs/limits.md` has a line for each bound, with its number and the test that shows it."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from hubbub.conf import Rate, Settings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "hubbub"
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
UNITS = {1: "s", 60: "m", 3600: "h"}

#: Numbers of the source that bound nothing which a peer, a program or a failure could make grow.
NO_BOUNDS = {
    "numbers of a protocol": """
        fanout.frame.LONG fanout.frame.SHORT fanout.frame.TEXT_FINAL
        server.frames.BINARY server.frames.CLOSE server.frames.CONTINUED server.frames.FINAL
        server.frames.HEADER_MIN server.frames.MASKED server.frames.MASK_SIZE
        server.frames.NO_CODE server.frames.PING server.frames.PONG server.frames.RESERVED
        server.frames.SHORTEST server.frames.SIZE_IN_2 server.frames.TEXT server.frames.TEXT_FINAL
        http.description.PREFIXES
        server.handshake.KEY_SIZE site.policy.BAD
        http.upgrade.STATUS server.answer.FIRST_STATUS server.answer.LAST_STATUS
        server.answer.NO_LENGTH journal.marks.UNKNOWN
    """,
    "states and exit codes": """
        reloading.CHANGED reloading.WRONG server.protocol.CLOSED server.protocol.CLOSING
        server.protocol.CONNECTING server.protocol.FAILED server.protocol.OPEN
    """,
    "the pace of our own work": """
        chat.rooms.SECOND fanout.hub.LOOKS fanout.hub.MANY fanout.hub.WAIT journal.attach.LOOKS
        journal.attach.PATIENCE journal.commit.FREED_IN journal.followers.GRACE
        journal.followers.MOST_REST journal.followers.REST journal.prune.BREATH
        journal.tune.CHECKPOINT_PAGES journal.tune.FEW_PAGES
        bus.version.EVERY bus.notices.HEARD_IN bus.notices.PAUSE bus.notices.SLICE
        bus.notices.UNHEARD_EVERY journal.writer.IDLE
        accounts.names.GOOD_FOR server.heartbeat.SLOTS server.run.GC_YOUNG journal.relay.SWEEP
        journal.relay.END_SECONDS undertest.PATIENCE sockets.door.RETRY_SECONDS
        accounts.jwks.FRESH
        observe.held.SLICE server.seating.BUSY_SECONDS server.seating.RETRY_SECONDS
        streams.present.AT_ONCE streams.present.IN_TURN
        streams.present.OVERLAP streams.present.RETRY chat.listing.CHUNK
        server.files.FEW server.run.TICKS reloading.EVERY routed.MOST
    """,
    "the pace of a project's own tests": """
        testing.dial.ABNORMAL testing.live.END_SECONDS testing.live.START_SECONDS
        testing.lying.AT_ONCE testing.member.DEADLINE testing.quiet.PAUSE
    """,
    "rows of one of our own statements": """
        accounts.grants.CHUNK chat.members.CHUNK journal.prune.BATCH
        journal.read.CHUNK token_commands.PAGE notifications.table.PAGE notifications.readers.COUNTS
        notifications.services.CHUNK accounts.users.CHUNK streams.table.PAGE
        streams.event_table.CHUNK
    """,
    "what we read and show": """
        accounts.jwks.PIECE accounts.jwt_rules.SECRET accounts.jwt_way.DOTS
        accounts.names.LONG accounts.shown.DIGITS accounts.strikes.OLDEST
        accounts.tickets.RANDOM_BYTES
        accounts.tickets.SESSION_KEY accounts.tokens.RANDOM_BYTES streams.admin.SHOWN cli.LAST_PORT
        database.OLDEST_POSTGRESQL
        site.database.OTHERS
        listeners.FIRST listeners.MODE token_commands.MOST_DAYS http.upload.DIGITS limits.bucket.ONE
        notifications.cursor.DIGITS sockets.query.DIGITS
    """,
}


class Row(NamedTuple):
    """One line of the table."""

    what: str
    number: str
    over: str
    place: str
    test: str


def rows():
    text = (ROOT / "docs" / "limits.md").read_text()
    cells = re.findall(r"^\| (.+) \| (.+) \| (.+) \| `(.+)` \| `(.+)` \|$", text, re.MULTILINE)
    return [Row(*row) for row in cells]


def constants():
    """Every number in capitals of the source, by its place."""
    for path in sorted(SOURCE.rglob("*.py")):
        place = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        if "migrations" in place or place in {"site.settings", "asgi", "__main__"}:
            continue
        for name in capitals(ast.parse(path.read_text())):
            value = getattr(import_module(f"hubbub.{place}"), name)
            if isinstance(value, int | float | Rate) and not isinstance(value, bool):
                yield f"{place}.{name}"


def capitals(tree):
    """The names in capitals that a module gives a value."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield from [part.id] if part.id.isupper() else []


def value_of(place):
    if place.startswith("HUBBUB_"):
        return Settings.model_fields[place.removeprefix("HUBBUB_").lower()].default
    module, _, name = place.rpartition(".")
    return getattr(import_module(f"hubbub.{module}"), name)


def shown(value):
    if value is None:
        return "off"
    if isinstance(value, Rate):
        return f"{value[0]}/{UNITS[value[1]]}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.place)
def test_each_number_is_the_source_s(row):
    assert row.number == shown(value_of(row.place))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.place)
def test_each_limit_has_a_test_that_shows_it(row):
    assert re.search(rf"def {row.test}\(", TESTS)


def test_each_number_of_the_source_is_a_limit_or_bounds_nothing():
    documented = {row.place for row in rows() if not row.place.startswith("HUBBUB_")}
    others = {place for places in NO_BOUNDS.values() for place in places.split()}
    assert sorted(constants()) == sorted(documented | others)
    assert not documented & others


def test_each_place_is_named_once():
    places = [row.place for row in rows()]
    assert sorted(places) == sorted(set(places))
