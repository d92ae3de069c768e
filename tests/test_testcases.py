"""Under Django's own test cases: what is published is told at once, and nothing of it stays."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.test import TestCase, TransactionTestCase, override_settings

from hubbub import streams, undertest
from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.errors import InvalidFormatError
from hubbub.journal import process
from hubbub.journal.bells import bells
from hubbub.limits.ledger import shared_buckets
from tests.servers import ROOT, environment
from tests.toys.sheets import Note, Sheets

ROOM = "general"


class Told:
    """Notes what is rung for, as a process does that has members."""

    def setUp(self):
        self.told = []
        end = bells.listen(SimpleNamespace(ring=self.told.extend))
        self.addCleanup(end)
        assert not Message.objects.exists(), "a row of another test"
        assert not process.all_followers
        assert shared_buckets.take("all", 1, 3600, 0) == 0, "another test used it up"


class Everything(Told):
    """What holds for both kinds of test case."""

    def check(self, number: int = 1) -> None:
        assert len(self.told) == number
        assert Message.objects.count() == number

    def test_what_a_service_stores_is_told_at_once(self):
        chat.post(room=ROOM, message="hi")
        self.check()

    def test_what_the_layer_is_given_too(self):
        event = {"type": "chat_message", "message": "hi"}
        async_to_sync(get_channel_layer().group_send)(f"chat_{ROOM}", event)
        self.check()

    def test_what_async_code_stores_too(self):
        async_to_sync(chat.apost)(room=ROOM, message="hi")
        self.check()

    async def test_what_async_tests_store_too_and_they_see_it(self):
        await chat.apost(room=ROOM, message="hi")
        await sync_to_async(chat.post)(room=ROOM, message="there")
        assert len(self.told) == 2
        assert await Message.objects.acount() == 2

    def test_what_is_posted_over_http_too(self):
        path = f"/api/chat/{ROOM}/messages/"
        answer = self.client.post(path, {"message": "hi"}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        self.check()

    def test_a_row_that_is_referred_to_has_to_be_there(self):
        shown = patch.object(Sheets, "show", lambda _, note: {"type": "note", "text": note.text})
        with shown, pytest.raises(InvalidFormatError):
            async_to_sync(streams.apublish)("sheet", "a", Note(author_id=2**31 - 1))
        async_to_sync(streams.apublish)("sheet", "a", Note(text="on"))
        assert len(self.told) == 1
        assert list(Note.objects.values_list("seq", "text")) == [(1, "on")]

    def test_the_process_is_ready(self):
        assert self.client.get("/readyz").status_code == 200

    def test_in_a_transaction_it_is_told_after_that(self):
        with transaction.atomic():
            chat.post(room=ROOM, message="one")
            with transaction.atomic():
                chat.post(room=ROOM, message="two")
            assert self.told == []
        self.check(2)

    def test_what_is_rolled_back_is_never_told(self):
        with transaction.atomic():
            chat.post(room=ROOM, message="stays")
            with transaction.atomic():
                chat.post(room=ROOM, message="goes")
                transaction.set_rollback(True)
        self.check()


@override_settings(ROOT_URLCONF="hubbub.urls")
class InATransaction(Everything, TestCase):
    def test_in_a_transaction_async_code_can_be_waited_for(self):
        """Else, as in production, it waits for the caller's lock of the database on SQLite."""
        with transaction.atomic():
            get_user_model().objects.create(username="ada")
            async_to_sync(chat.apost)(room=ROOM, message="hi")
            assert self.told == []
        self.check()

    def test_a_thread_that_waits_for_the_test_is_told_so(self):
        patience, undertest.PATIENCE = undertest.PATIENCE, 0.05
        self.addCleanup(setattr, undertest, "PATIENCE", patience)
        refused = []

        def work():
            try:
                undertest.take_turn()
            except OperationalError as error:
                refused.append(str(error))

        with transaction.atomic():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert refused == ["locked: a transaction of the test did not end"]


class WithItsData(Told, TestCase):
    """What is stored for all tests of a class is there in each, and gone with the class."""

    @classmethod
    def setUpTestData(cls):
        chat.post(room=ROOM, message="first")
        async_to_sync(chat.apost)(room=ROOM, message="second")

    def setUp(self):
        assert Message.objects.count() == 2

    def test_it_is_there(self):
        chat.post(room=ROOM, message="third")

    def test_it_is_there_again(self):
        async_to_sync(chat.apost)(room=ROOM, message="third")


@override_settings(ROOT_URLCONF="hubbub.urls")
class Committed(Everything, TransactionTestCase):
    pass


class InATransactionAgain(InATransaction):
    pass


class Afterwards(TransactionTestCase):
    def test_no_thread_of_ours_is_left_nor_anything_lent(self):
        chat.post(room=ROOM, message="hi")
        # The log's own knows no database: a minute after a line it tells how many there were.
        names = {thread.name for thread in threading.enumerate()} - {"hubbub-log"}
        assert not [name for name in names if name.startswith("hubbub-")], names
        assert not undertest.lent
        assert not connection.in_atomic_block


@pytest.mark.django_db
@pytest.mark.parametrize("time", ["once", "twice"])
async def test_under_pytest_the_async_orm_sees_the_test_and_leaves_nothing(time):
    assert not await Message.objects.aexists()
    await chat.apost(room=ROOM, message="hi")
    assert await Message.objects.acount() == 1
    await get_user_model().objects.acreate_user("ada")


@pytest.mark.django_db
def test_under_pytest_so_it_does_in_a_sync_test():
    assert not Message.objects.exists()
    assert not get_user_model().objects.exists()
    async_to_sync(chat.apost)(room=ROOM, message="hi")
    assert Message.objects.count() == 1


ALONE = """
import sys
import django
django.setup()
from hubbub.chat import services
from asgiref.sync import AsyncToSync
from django.db.transaction import Atomic
assert "hubbub.testing" not in sys.modules
for method in (Atomic.__enter__, Atomic.__exit__, AsyncToSync.__call__):
    assert "hubbub" not in method.__code__.co_filename.rpartition("site-packages")[2]
"""


def test_a_process_that_tests_nothing_has_none_of_it():
    env = environment({"DJANGO_SETTINGS_MODULE": "tests.settings"})
    subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, env=env, check=True, timeout=60)
