"""What a member hears when a message is deleted in the admin."""

from websockets.typing import Subprotocol

from tests.api_v1.talk import talk
from tests.chat.admin import message_keys, send
from tests.http.calls import call


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
