"""A consumer of the user's own as a member among ours, when there is more than one message."""

import asyncio

from tests.api_v1.talk import talk

EACH = 30


async def speak(client, name):
    for number in range(EACH):
        await client.say_chat(f"{name} {number}", username=name)


async def heard(client):
    """What one of our clients hears."""
    return [frame["message"] for frame in await client.hear_many(2 * EACH, type="chat_message")]


async def test_it_hears_what_all_say_in_the_order_in_which_all_hear_it(project, room):
    async with (
        talk(project.ws(f"/ws/own/member/chat_{room}/")) as own,
        talk(project.ws(f"/ws/chat/{room}/")) as one,
        talk(project.ws(f"/ws/chat/{room}/")) as two,
    ):
        assert await own.hear() == {"joined": f"chat_{room}"}
        await asyncio.gather(speak(one, "one"), speak(two, "two"))
        order = await heard(one)
        assert await heard(two) == order
        assert [(await own.hear())["event"]["message"] for _ in range(2 * EACH)] == order


async def test_it_is_no_person_of_the_room(project, room):
    """It joined the group, not the room: nobody is told of it, and it is not counted."""
    async with talk(project.ws(f"/ws/chat/{room}/")) as client:
        async with talk(project.ws(f"/ws/own/member/chat_{room}/")) as own:
            await own.hear()
        await client.say(type="presence")
        assert (await client.hear())["count"] == 1


async def test_after_it_vanished_the_others_go_on(project, room):
    async with (
        talk(project.ws(f"/ws/own/member/chat_{room}/")) as own,
        talk(project.ws(f"/ws/own/json/chat_{room}/")) as stays,
        talk(project.ws(f"/ws/chat/{room}/")) as client,
    ):
        for member in (own, stays):
            await member.hear()
        own.connection.transport.abort()
        for number in range(5):
            await client.say_chat(str(number))
        assert [(await client.hear())["message"] for _ in range(5)] == list("01234")
        assert [(await stays.hear())["event"]["message"] for _ in range(5)] == list("01234")


async def test_what_it_sends_wrongly_is_told_to_nobody(project, room):
    """An event that the endpoint refuses raises in the consumer, as any mistake does there."""
    async with talk(project.ws(f"/ws/chat/{room}/")) as client:
        async with talk(project.ws(f"/ws/own/member/chat_{room}/")) as own:
            await own.hear()
            await own.say(type="chat_message", message="x" * 1001)
            assert (await own.goodbye())[0] == 1011
        await client.say_chat("nothing before this")
        assert (await client.hear())["seq"] == 1
