"""The value of a counter: absolute, numbered, exact."""

import pytest

from tests.api_v1.talk import talk

LARGEST = 2**53 - 1


async def test_a_fresh_counter_stands_at_zero(url):
    async with talk(url) as client:
        assert await client.hear() == {
            "type": "counter_update",
            "counter": 0,
            "message": "Connected to counter",
            "version": 0,
        }


async def test_a_change_tells_the_value_after_it_and_its_version(url):
    async with talk(url) as client:
        for action, value, after in [("increment", 5, 5), ("decrement", 7, -2), ("reset", 0, 0)]:
            await client.say(action=action, value=value)
            frame = await client.hear_until(action=action)
            assert (frame["value"], frame["counter"]) == (value, after)
        versions = [frame["version"] for frame in client.heard if "version" in frame]
        assert versions == [0, 1, 2, 3]


async def test_a_late_joiner_is_right_at_once(url):
    async with talk(url) as first:
        for _ in range(3):
            await first.say(action="increment", value=7)
        await first.hear_until(counter=21)
        async with talk(url) as late:
            welcome = await late.hear()
            assert (welcome["counter"], welcome["version"]) == (21, 3)


async def test_the_value_stays_when_everyone_has_left(url):
    async with talk(url) as client:
        await client.say(action="increment", value=3)
        await client.hear_until(counter=3)
    async with talk(url) as client:
        assert (await client.hear())["counter"] == 3


async def test_value_is_one_by_default(url):
    async with talk(url) as client:
        await client.say(action="increment")
        frame = await client.hear_until(action="increment")
        assert (frame["value"], frame["counter"]) == (1, 1)


@pytest.mark.parametrize("extra", [{}, {"value": 99}, {"value": "nonsense"}, {"value": None}])
async def test_reset_ignores_its_value_and_tells_zero(url, extra):
    async with talk(url) as client:
        await client.say(action="increment", value=9)
        await client.say(action="reset", **extra)
        frame = await client.hear_until(action="reset")
        assert (frame["value"], frame["counter"]) == (0, 0)


@pytest.mark.parametrize(
    "value", ["true", "false", "1.0", "1.5", "1e3", '"1"', "null", "[]", "{}", "[1]"]
)
async def test_a_value_that_is_no_integer_has_an_invalid_format(url, value):
    async with talk(url) as client:
        await client.say_raw(f'{{"action": "increment", "value": {value}}}')
        error = await client.hear_until(type="error")
        assert error["message"] == "Invalid message format"
        assert error["code"] == "invalid_format"
        await client.say(action="increment")
        assert (await client.hear_until(action="increment"))["version"] == 1


@pytest.mark.parametrize(
    "frame",
    [{}, {"value": 1}, {"action": "double"}, {"action": None}, {"action": ["increment"]}],
)
async def test_an_action_that_is_none_has_an_invalid_format(url, frame):
    async with talk(url) as client:
        await client.say(**frame)
        assert (await client.hear_until(type="error"))["code"] == "invalid_format"


async def test_a_value_that_is_not_utf8_is_invalid_json(url):
    async with talk(url) as client:
        await client.say_raw(b'{"action": "increment", "value": "\xff"}')
        assert (await client.hear_until(type="error"))["code"] == "invalid_json"


@pytest.mark.parametrize("sign", [1, -1])
async def test_the_value_stays_within_what_every_reader_can_hold(url, sign):
    async with talk(url) as client:
        await client.say(action="increment", value=sign * LARGEST)
        assert (await client.hear_until(action="increment"))["counter"] == sign * LARGEST
        await client.say(action="increment", value=sign, id="c-9")
        assert await client.hear_until(type="error") == {
            "type": "error",
            "message": "Counter out of range",
            "code": "out_of_range",
            "id": "c-9",
        }
        async with talk(url) as other:
            welcome = await other.hear()
            assert (welcome["counter"], welcome["version"]) == (sign * LARGEST, 1)
        await client.say(action="decrement", value=sign * 2 * LARGEST)
        assert (await client.hear_until(action="decrement"))["counter"] == -sign * LARGEST


@pytest.mark.parametrize("value", [2**54, -(2**63), 2**64, 10**30, -(10**300), "1e400", "9" * 5000])
async def test_a_value_that_no_counter_can_take_is_out_of_range(url, value):
    async with talk(url) as client:
        await client.say_raw(f'{{"action": "increment", "value": {value}}}')
        assert (await client.hear_until(type="error"))["message"] == "Counter out of range"
