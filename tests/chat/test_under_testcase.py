"""Who may and moderation in a project's own tests, whose transaction is never committed."""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import TestCase, override_settings

from hubbub.chat.members import member_remove, member_save, room_save
from hubbub.chat.sanctions import user_ban
from hubbub.testing import Goodbye, Member

LOBBY = "/ws/chat/lobby/"


@override_settings(ROOT_URLCONF="tests.testing.urls")
class UnderTestCase(TestCase):
    def setUp(self):
        self.ada = get_user_model().objects.create_user("ada")
        self.client.force_login(self.ada)

    def read(self):
        return self.client.get("/api/chat/lobby/messages/").status_code

    def is_sent_away(self, member):
        member.hear_until(code="forbidden")
        assert member.hear_goodbye() == Goodbye(4403, "not allowed")

    def test_a_ban_holds_at_once(self):
        with Member(LOBBY, user=self.ada) as member:
            assert self.read() == 200
            with transaction.atomic():
                user_ban(user_id=self.ada.pk, room="lobby")
            self.is_sent_away(member)
        assert self.read() == 403

    def test_one_that_is_rolled_back_does_not(self):
        with Member(LOBBY, user=self.ada) as member:
            with transaction.atomic():
                user_ban(user_id=self.ada.pk, room="lobby")
                transaction.set_rollback(True)
            member.hear_nothing_more()
        assert self.read() == 200

    @override_settings(HUBBUB_CHAT_POLICY="hubbub.chat.policies.Members")
    def test_a_membership_does(self):
        assert self.read() == 403
        room_save(name="lobby", access="hidden")
        member_save(room="lobby", user_id=self.ada.pk)
        assert self.read() == 200
        with Member(LOBBY, user=self.ada) as member:
            member_remove(room="lobby", user_id=self.ada.pk)
            self.is_sent_away(member)
        assert self.read() == 403
