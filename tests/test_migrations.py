"""A database of an earlier commit: its rows are read, known again and numbered on by this one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.errors import IdConflictError
from hubbub.journal.models import Stream
from hubbub.notifications import services as notifications
from hubbub.notifications.models import Notification
from hubbub.notifications.selectors import inbox_page, unread_count
from hubbub.streams.selectors import history_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.apps.registry import Apps

    from hubbub.journal.entry import Stored

pytestmark = pytest.mark.django_db(transaction=True)
#: The last migrations before every stream's own name was called `name`.
BEFORE = [("hubbub_chat", "0002_data"), ("hubbub_notifications", "0003_data")]


def migrate(targets: list[tuple[str, str]]) -> Apps:
    """Migrate there, forwards or backwards; the models of that time."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def forwards() -> None:
    """Migrate to what there is today."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes
    migrate([leaf for label, _ in BEFORE for leaf in leaves(label)])


@contextmanager
def before() -> Iterator[Apps]:
    """The database as it was, and afterwards as it is."""
    try:
        yield migrate(BEFORE)
    finally:
        forwards()


def row(seq: int, **columns: Any) -> dict[str, Any]:
    """The columns of one event that a user sent with an id."""
    stamp = {"timestamp": "2026-11-26T00:00:00Z", "created": now()}
    return {"seq": seq, "sender": "7", "request_id": f"id-{seq}", **stamp, **columns}


def fill(old: Apps) -> None:
    """Two messages in a room, a notification for a user and one for everyone."""
    for name, last in (("chat:den", 2), ("inbox:7", 1), ("everyone", 1)):
        Stream.objects.create(name=name, epoch="old", last_seq=last)
    messages = old.get_model("hubbub_chat", "Message").objects
    for seq, text in ((1, "one"), (2, "two")):
        messages.create(room="den", message=text, username="ada", **row(seq))
    sent = old.get_model("hubbub_notifications", "Notification").objects
    for inbox in ("7", ""):
        sent.create(inbox=inbox, title=f"to {inbox}", message="", priority="low", **row(1))


def post_again(text: str) -> Stored:
    """Send under the id of what the user sent second."""
    return chat.post(room="den", message=text, username="ada", user_id=7, request_id="id-2")


def test_rows_of_before_one_name_are_read_known_again_and_numbered_on():
    with before() as old:
        fill(old)
    said = history_page(stream="chat:den", limit=9)
    assert [json.loads(bytes(one))["message"] for one in said.messages] == ["one", "two"]
    again = post_again("two")
    assert (again.again, again.epoch, again.seq) == (True, "old", 2)
    with pytest.raises(IdConflictError):
        post_again("three")
    assert chat.post(room="den", message="three", username="ada").seq == 3
    found = inbox_page(inbox="7", limit=9).notifications
    assert [one.title for one in found] == ["to 7", "to "]
    notifications.delete(number=found[0].id)
    assert unread_count(inbox="7") == 1


def test_the_constraints_go_along():
    with before() as old:
        fill(old)
    for model, name in ((Message, "den"), (Notification, "7")):
        for twice in (row(1, request_id="new"), row(9, request_id="id-1")):
            with pytest.raises(IntegrityError), transaction.atomic():
                model.objects.create(name=name, **twice)
        model.objects.create(name=name, **row(9, request_id=None))


@pytest.mark.parametrize("label", ["chat", "notifications"])
def test_no_row_is_copied(label):
    with before(), CaptureQueriesContext(connection) as captured:
        forwards()
    table = {"chat": Message, "notifications": Notification}[label]._meta.db_table
    changed = [one["sql"] for one in captured if f'"{table}' in one["sql"]]
    in_place = (" RENAME COLUMN ", " ADD COLUMN ", "CREATE INDEX ")
    assert changed
    assert all(any(words in sql for words in in_place) for sql in changed)


def test_it_goes_back_too():
    chat.post(room="den", message="one", username="ada")
    with before() as old:
        assert old.get_model("hubbub_chat", "Message").objects.get().room == "den"
