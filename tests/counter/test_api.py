"""Counters over HTTP."""

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.http.calls import call

LARGEST = 2**53 - 1


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The stand-alone site, which has the API."""
    with serve(tmp_path_factory.mktemp("counter-api"), HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture
def api(site, name) -> str:
    return site.http(f"/api/counter/{name}/")


def test_a_counter_that_nobody_changed_stands_at_nothing(api):
    assert call(api).data == {"counter": 0, "version": 0}


async def test_a_change_is_told_to_everyone_as_it_is_answered(api, url):
    async with talk(url) as member:
        await member.hear_until(type="user_count_update")
        made = call(api, {"action": "increment", "value": 5}).data
        assert await member.hear() == {"type": "counter_update", **made}
    assert made | {"timestamp": ""} == {
        "action": "increment",
        "value": 5,
        "timestamp": "",
        "counter": 5,
        "version": 1,
    }
    assert call(api).data == {"counter": 5, "version": 1}


def test_the_three_actions(api):
    made = [
        call(api, body).data["counter"]
        for body in (
            {"action": "increment"},
            {"action": "increment", "value": -4},
            {"action": "decrement", "value": 7},
            {"action": "reset", "value": 9},
        )
    ]
    assert made == [1, -3, -10, 0]


def test_the_same_id_changes_once_and_gets_the_first_answer(api):
    first = call(api, {"action": "increment", "value": 2, "id": "n-1"}).data
    call(api, {"action": "increment"})
    assert call(api, {"action": "increment", "value": 2, "id": "n-1"}).data == first
    assert call(api).data["counter"] == 3
    assert call(api, {"action": "increment", "value": 3, "id": "n-1"}).refusal == (
        400,
        "This id was used for something else",
    )


@pytest.mark.parametrize("value", [1, 2**60, -(2**60)])
def test_out_of_range_nothing_changes(api, value):
    call(api, {"action": "increment", "value": LARGEST})
    assert call(api, {"action": "increment", "value": value}).status == 400
    assert call(api).data == {"counter": LARGEST, "version": 1}


def test_out_of_range_has_its_sentence(api):
    call(api, {"action": "decrement", "value": LARGEST})
    assert call(api, {"action": "decrement"}).refusal == (400, "Counter out of range")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"action": "double"},
        {"action": "increment", "value": "1"},
        {"action": "increment", "value": 1.5},
        {"action": "increment", "value": 1.0},
        {"action": "increment", "value": True},
        {"action": "increment", "value": None},
        {"action": "increment", "id": ""},
    ],
)
def test_another_body_is_an_invalid_format(api, body):
    assert call(api, body).refusal == (400, "Invalid message format")
    assert call(api).data["version"] == 0


@pytest.mark.parametrize("name", ["a%20b", "a" * 65, "%00"])
def test_a_name_that_no_counter_can_have_is_not_found(site, name):
    assert call(site.http(f"/api/counter/{name}/")).refusal == (404, "Not found")
