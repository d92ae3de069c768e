"""`help()` on what a project calls shows its arguments, each by name."""

import inspect

import pytest

from hubbub.chat import members, sanctions
from hubbub.chat import services as chat
from hubbub.counter import services as counter
from hubbub.notifications import services as notifications

PUBLIC = [
    *(chat.post, chat.apost, chat.edit, chat.aedit, chat.delete, chat.adelete),
    *(members.room_save, members.aroom_save, members.room_delete, members.aroom_delete),
    *(members.member_save, members.amember_save),
    *(members.member_remove, members.amember_remove),
    *(sanctions.user_mute, sanctions.auser_mute, sanctions.user_ban, sanctions.auser_ban),
    *(sanctions.user_kick, sanctions.auser_kick, sanctions.user_pardon, sanctions.auser_pardon),
    *(sanctions.sanction_lift, sanctions.asanction_lift),
    *(counter.change, counter.achange),
    *(notifications.send, notifications.asend, notifications.delete),
    *(notifications.read, notifications.read_all),
]


@pytest.mark.parametrize("call", PUBLIC, ids=lambda call: f"{call.__module__}.{call.__name__}")
def test_each_argument_has_a_name_and_a_type(call):
    parameters = inspect.signature(call).parameters.values()
    assert parameters
    assert {one.kind for one in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(one.annotation is not inspect.Parameter.empty for one in parameters)
    assert call.__doc__


@pytest.mark.parametrize(
    ("now", "later"),
    [
        (chat.post, chat.apost),
        (members.room_save, members.aroom_save),
        (members.member_save, members.amember_save),
        (counter.change, counter.achange),
        (notifications.send, notifications.asend),
    ],
)
def test_sync_and_async_take_the_same(now, later):
    assert inspect.signature(now).parameters == inspect.signature(later).parameters
