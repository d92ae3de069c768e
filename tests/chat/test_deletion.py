"""What a member hears when a message is deleted in the admin."""

import asyncio

from websockets.typing import Subprotocol

from hubbub.bus.base import Event
from hubbub.chat.messages import Deleted, Said
from hubbub.chat.rooms import room_group
from hubbub.chat.table import chat_table
from hubbub.fanout.dialect import EXTENDED
from hubbub.fanout.frame import frame_of
from hubbub.fanout.hub import Hub
from tests.api_v1.talk import talk
from tests.chat.admin import message_keys, send
from tests.http.calls import call
from tests.sockets.outlets import Outlet


async def test_it_keeps_its_place_among_what_is_told_in_the_same_turn():
    hub, member = Hub(asyncio.get_running_loop()), Outlet()
    hub.join(room_group("a"), member, EXTENDED)
    for event in (
        Event("chat:a", "k3f9", 1, frame_of(Said("one", "ada", "now", 1))),
        Event("chat:a", "k3f9", 2, frame_of(Deleted(1, 2, "now")), added=True),
        Event("chat:a", "k3f9", 3, frame_of(Said("three", "ada", "now", 3))),
    ):
        chat_table.tell(hub, event)
    hub.flush()
    assert [frame["seq"] for frame in member.frames] == [1, 2, 3]


async def test_members_see_it_who_know_of_deletions(site, boss, url):
    room = url.rstrip("/").rpartition("/")[2]
    extended = {"subprotocols": [Subprotocol("hubbub.v1")]}
    async with talk(url, **extended) as member, talk(url) as v1:
        await v1.say_chat("regretted")
        said = await member.hear_until(type="chat_message")
        (key,) = message_keys(boss, room)
        send(boss, f"/admin/hubbub_chat/message/{key}/delete/", post="yes")
        gone = await member.hear()
        assert gone | {"timestamp": ""} == {
            "type": "message_deleted",
            "deleted": said["seq"],
            "seq": 2,
            "timestamp": "",
        }
        await v1.say_chat("next")
        await v1.hear_until(message="next")
        assert "message_deleted" not in {frame["type"] for frame in v1.heard}
    (gone, _) = call(site.http(f"/api/chat/{room}/messages/")).data["messages"]
    assert (gone["message"], gone["deleted"]) == ("", True)
