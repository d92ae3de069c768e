"""What Python publishers hand to the endpoints is stored as text, or refused alone and by name."""

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.db.models import IntegerChoices, TextChoices
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from hubbub.chat.models import Message
from hubbub.counter.models import Change
from hubbub.errors import Refusal
from hubbub.journal.process import writer
from hubbub.notifications.models import Notification
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


class Priority(TextChoices):
    HIGH = "high", "Very high"


class Step(IntegerChoices):
    TWO = 2


@pytest.fixture(autouse=True)
def _ended():
    yield
    writer.stop()


async def send(group, **event):
    await get_channel_layer().group_send(group, event)


@pytest.mark.parametrize("kind", ["chat_message", "chat.message"])
@pytest.mark.parametrize("text", [mark_safe("<b>hi</b>"), gettext_lazy("<b>hi</b>")])
async def test_text_of_any_class_is_said(kind, text):
    room = new_name()
    await send(f"chat_{room}", type=kind, message=text, username=mark_safe("ada"))
    stored = await Message.objects.aget(name=room)
    assert (stored.message, stored.username) == ("<b>hi</b>", "ada")


@pytest.mark.parametrize("kind", ["send_notification", "send.notification"])
async def test_a_notification_has_a_priority_of_a_project_s_choices(kind):
    await send(
        "notifications", type=kind, title=mark_safe("T"), message="M", priority=Priority.HIGH
    )
    assert (await Notification.objects.aget()).priority == "high"


@pytest.mark.parametrize("kind", ["counter_update", "counter.update"])
async def test_a_counter_moves_by_a_project_s_choices(kind):
    name = new_name()
    await send(f"counter_{name}", type=kind, action=mark_safe("increment"), value=Step.TWO)
    assert (await Change.objects.aget(name=name)).value == 2


@pytest.mark.parametrize(
    ("group", "event", "field"),
    [
        ("chat_{0}", {"type": "chat_message"}, "message"),
        ("chat_{0}", {"type": "chat_message", "message": b"hi"}, "message"),
        ("chat_{0}", {"type": "chat_message", "message": "\ud800"}, "message"),
        ("chat_{0}", {"type": "chat_message", "message": "hi", "username": None}, "username"),
        ("chat_{0}", {"type": "chat_message", "message": "hi", "timestamp": 7}, "timestamp"),
        ("chat_{0}", {"type": "chat_message", "message": "hi", "data": []}, "data"),
        ("notifications", {"type": "send_notification", "message": "M"}, "title"),
        (
            "notifications",
            {"type": "send_notification", "title": "T", "message": "M", "priority": "urgent"},
            "priority",
        ),
        ("counter_{0}", {"type": "counter_update"}, "action"),
        ("counter_{0}", {"type": "counter_update", "action": "increment", "value": "2"}, "value"),
    ],
)
async def test_what_cannot_be_stored_fails_alone_and_names_its_key(group, event, field):
    room = new_name()
    others = [send(f"chat_{room}-other", type="chat_message", message="hi") for _ in range(20)]
    bad = get_channel_layer().group_send(group.format(room), event)
    *outcomes, refusal = await asyncio.gather(*others, bad, return_exceptions=True)
    assert outcomes == [None] * 20
    assert isinstance(refusal, Refusal)
    assert refusal.field == field
    assert str(refusal).endswith(f": {field}")
    assert await Message.objects.acount() == 20


async def test_keys_that_are_not_stored_are_named_in_the_log_and_go_into_data(caplog):
    room = new_name()
    event = {"type": "chat_message", "message": "hi", "avatar": "a.png", "color": "red"}
    await send(f"chat_{room}", **event)
    (line,) = [one.getMessage() for one in caplog.records if "event_keys_dropped" in one.message]
    assert "avatar color" in line
    assert "data" in line
    caplog.clear()
    await send(f"chat_{room}", type="chat_message", message="hi", data={"avatar": "a.png"})
    assert "event_keys_dropped" not in caplog.text
