"""Which counters there are."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from hubbub.counter.services import published_counter
from tests.api_v1.talk import talk


async def test_counters_of_other_names_are_other_counters(url):
    async with talk(url) as one, talk(url.removesuffix("/") + "-b/") as other:
        await one.say(action="increment", value=5)
        await one.hear_until(counter=5)
        await other.say(action="increment", value=2)
        assert (await other.hear_until(action="increment"))["counter"] == 2


async def test_the_counter_without_a_name_is_the_one_named_global(site):
    async with (
        talk(site.ws("/ws/counter/")) as one,
        talk(site.ws("/ws/counter")) as two,
        talk(site.ws("/ws/counter/global/")) as three,
        talk(site.ws("/ws/counter/global")) as four,
    ):
        for client in (one, two, three, four):
            await client.hear()  # where it stands, which may have all that is changed before it
        await one.say(action="increment", value=41)
        told = [await client.hear_until(value=41) for client in (one, two, three, four)]
        assert all(frame == told[0] for frame in told)


@pytest.mark.parametrize("name", ["x" * 65, "a%20b", "%C3%A9", "a%2Fb", "a+b", "a%0A"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_name_that_no_counter_can_have_is_answered_404(site, name, slash):
    with pytest.raises(InvalidStatus) as caught:
        async with talk(site.ws(f"/ws/counter/{name}{slash}")):
            pass
    assert caught.value.response.status_code == 404
    body = json.loads(caught.value.response.body)
    assert body == {"status": "error", "message": "Not found"}


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("global_counter", "global"),
        ("counter_stock", "stock"),
        ("counter_global", None),
        ("counter_", None),
        ("counter_a b", None),
        ("stock", None),
    ],
)
def test_each_counter_has_one_group(group, name):
    assert published_counter(group) == name
