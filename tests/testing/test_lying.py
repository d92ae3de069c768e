"""With a bus that loses, repeats and reorders, members hear everything once and in order."""

import pytest

from hubbub.chat import services as chat
from hubbub.testing import Member, lies

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_and_nothing_comes_twice(seed):
    async with Member("/ws/chat/lobby/") as ada:
        with lies(seed, loss=0.5, repeat=0.5):
            for number in range(10):
                await chat.apost(room="lobby", message=str(number))
            assert [(await ada.hear())["message"] for _ in range(10)] == list("0123456789")
        await ada.hear_nothing_more()


async def test_afterwards_it_is_honest_again():
    from hubbub.journal.bells import bells

    honest = bells.carrier
    with lies():
        assert bells.carrier is not honest
    assert bells.carrier is honest
