"""What a process knows is forgotten by its child and by the next test; and all of it is found."""

from __future__ import annotations

import asyncio
import os
from multiprocessing import get_context
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

import hubbub
from hubbub import anew
from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.crossing import in_database
from hubbub.database import ours
from hubbub.journal.bells import bells
from hubbub.journal.process import writer
from tests.names import new_name
from tests.state import is_forgotten, modules_of, state_of

DEADLINE = 60

#: What the apps say when they are loaded, what follows from the settings, and what is the same
#: whoever asks for it.
FOR_GOOD = {
    "hubbub.accounts.authentication.ways_of",
    "hubbub.accounts.jwt_rules.read_rules",
    "hubbub.accounts.lookalikes.look_alikes",
    "hubbub.accounts.names.folded",
    "hubbub.accounts.names.read_as",
    "hubbub.accounts.origins.read_listed",
    "hubbub.accounts.shown.has_addresses",
    "hubbub.anew._ends",
    "hubbub.anew._forgets",
    "hubbub.conf.current",
    "hubbub.database.alias",
    "hubbub.fanout.publishers._publishers",
    "hubbub.fanout.publishers._follows",
    "hubbub.http.description.describe",
    "hubbub.forked._left",
    "hubbub.journal.table._tables",
    "hubbub.journal.seen._views",
    "hubbub.notifications.api.inbox_auth",
    "hubbub.observe.handler.fallback",
    "hubbub.routing.websocket_urlpatterns",
    "hubbub.server.answer.phrase",
    "hubbub.site.environment.environment",
    "hubbub.site.urls.urlpatterns",
    "hubbub.urls.api",
    "hubbub.urls.urlpatterns",
    "hubbub.chat.gate.policy_of",
    "hubbub.streams.gate.gates",
    "hubbub.streams.permissions.lets_all_in",
    "hubbub.streams.registry._faults",
    "hubbub.streams.registry._kinds",
    "hubbub.streams.columns.insertion",
    "hubbub.wire.codec._write_second",
}
#: What ends with something else: with the pools, layers, blocks, connections and servers.
ENDS_BY_ITSELF = {
    "hubbub.forked._forking",
    "hubbub.forked._locks",
    "hubbub.forked.work",
    "hubbub.crossing.asking_pool",
    "hubbub.crossing.pool",
    "hubbub.crossing.reading_pool",
    "hubbub.crossing.slow_pool",
    "hubbub.fanout.layer._layers",
    "hubbub.streams.turn._turns",
    "hubbub.server.host._hosts",
    "hubbub.server.run._running",
    "hubbub.testcases._blocks",
    "hubbub.testcases._opened",
    "hubbub.testing.waiting._open",
    "hubbub.undertest._turn",
    "hubbub.undertest.lent",
    "hubbub.walog._opened",
}


def test_all_that_a_module_keeps_is_forgotten():
    kept = {
        f"{module.__name__}.{name}"
        for module in modules_of(hubbub)
        for name, value in state_of(module)
        if not is_forgotten(name, value, anew._forgets)
    }
    assert kept == FOR_GOOD | ENDS_BY_ITSELF


@pytest.mark.parametrize("line", ["_seen = {}", "_all: tuple[int, ...] = ()", "_one = None"])
def test_what_a_new_module_keeps_is_found(line, tmp_path, monkeypatch):
    (tmp_path / "forgetful").mkdir()
    (tmp_path / "forgetful" / "ledger.py").write_text(f"LIMIT = 5\n{line}\n")
    monkeypatch.syspath_prepend(tmp_path)
    package = SimpleNamespace(__name__="forgetful", __path__=[str(tmp_path / "forgetful")])
    found = [name for module in modules_of(package) for name, _ in state_of(module)]
    assert len(found) == 1


def in_a_child(call) -> int:
    """The exit code of a forked child that makes the call."""
    child = get_context("fork").Process(target=call)
    child.start()
    child.join(DEADLINE)
    if child.is_alive():
        child.kill()
    return child.exitcode


def speak(room: str, text: str) -> None:
    asyncio.run(chat.apost(room=room, message=text))


def send(room: str, text: str) -> None:
    event = {"type": "chat_message", "message": text}
    async_to_sync(get_channel_layer().group_send)(f"chat_{room}", event)


async def send_from_async_code(room: str, text: str) -> None:
    layer = get_channel_layer()
    own = await layer.new_channel()
    await layer.group_add(f"chat_{room}", own)
    await layer.group_send(f"chat_{room}", {"type": "chat_message", "message": text})
    while (await layer.receive(own))["message"] != text:
        pass  # the relay may have followed the room before, and tell of the child's only now


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    "say", [speak, send, lambda *what: asyncio.run(send_from_async_code(*what))]
)
def test_a_child_forked_after_a_publish_publishes_too_and_so_does_the_parent_then(say):
    room = new_name()
    say(room, "of the parent")
    assert in_a_child(lambda: say(room, "of the child")) == 0
    say(room, "of the parent again")
    said = Message.objects.filter(name=room).order_by("seq").values_list("seq", "message")
    assert list(said) == [(1, "of the parent"), (2, "of the child"), (3, "of the parent again")]


def backend() -> int:
    with ours().cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_speaks_to_postgresql_on_a_socket_of_its_own():
    if ours().vendor != "postgresql":
        pytest.skip("a file has no socket")
    parents = asyncio.run(in_database(backend))
    assert in_a_child(lambda: os._exit(asyncio.run(in_database(backend)) == parents)) == 0
    assert asyncio.run(in_database(backend)), "the parent has lost its own"


def test_a_child_has_none_of_its_parents_names_and_locks():
    name, lock = bells.notices.name, writer._lock
    with lock:
        assert in_a_child(lambda: os._exit(name == bells.notices.name or held())) == 0


def held() -> bool:
    return not writer._lock.acquire(timeout=1)
