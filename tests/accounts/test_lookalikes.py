"""Which names are read like which, and which hide how they are written."""

import unicodedata

import pytest
from django.contrib.auth import get_user_model
from hypothesis import given
from hypothesis import strategies as st

from hubbub.accounts.lookalikes import (
    LETTERS,
    LIKE,
    MOST,
    cases,
    is_disguised,
    look_alikes,
    skeleton,
)
from hubbub.accounts.names import account_exists, name_taken, names, read_as, spellings
from hubbub.crossing import in_database
from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.http.calls import call


def is_steady(letter):
    """Whether it is not like one letter as a capital and like another as a small one."""
    return len({read_as(case) for case in cases(letter)}) == 1


#: Letters that are taken for others, and some that are not.
CONFUSED = "aAlLiI1oO0mMrnNevcs" + "".join(
    letter
    for script in LETTERS.values()
    for letters in script.values()
    for letter in letters
    if is_steady(letter)
)


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ("alice", "\u0430lice"),  # Cyrillic a
        ("alice", "\u0430l\u0456\u0441\u0435"),  # Cyrillic, but for the l
        ("alice", "\u0410LICE"),  # a Cyrillic capital A
        ("alice", "\u0391lice"),  # a Greek capital Alpha
        ("alice", "aIice"),
        ("alice", "a1ice"),
        ("alice", "al\u0131ce"),  # dotless i
        ("alice", "al\u0456ce"),
        ("alice", "\uff41\uff4c\uff49\uff43\uff45"),  # wide
        ("alice", "\U0001d41a\U0001d425\U0001d422\U0001d41c\U0001d41e"),  # mathematical
        ("alice", "a\u200dlice"),
        ("alice", "al\ufe0fice"),
        ("Alice", "\u0430lice"),
        ("ALICE", "\u0430lice"),
        ("aIice", "alice"),
        ("bob", "b\u043eb"),
        ("bob", "b\u03bfb"),
        ("bob", "b0b"),
        ("mary", "rnary"),
        ("rnary", "mary"),
        ("user1", "userl"),
        ("userl", "user1"),
        ("jos\u00e9", "j\u043es\u00e9"),
        ("jos\u00e9", "jos\u0435\u0301"),
        ("ada.l-2", "\u0430d\u0430.l\u20132"),
        ("\u0438\u0432\u0430\u043d", "\u0438\u0432a\u043d"),  # Latin a in a Cyrillic name
        ("\u0441\u043e\u0440", "cop"),  # Latin letters for all of a Cyrillic name
        ("\u0395\u03bb\u03b5\u03bd\u03b7", "E\u03bb\u03b5v\u03b7"),  # Latin E and v in a Greek name
    ],
)
def test_a_name_that_is_read_like_an_account_s_is_the_account_s(transactional_db, account, shown):
    assert account_exists(shown) is False
    get_user_model()(username=account).save()
    assert account_exists(shown) is True


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ("alice", "alicia"),
        ("alice", "\u0430liceb"),
        ("user1", "useri"),
        ("useri", "user1"),
        ("arnold", "harnold"),
        ("will", "wil"),
        ("\u0438\u0432\u0430\u043d", "ivan"),
        ("zo\u00eb", "zoe"),
        ("wendy", "vvendy"),
    ],
)
def test_another_name_stays_free(transactional_db, account, shown):
    get_user_model()(username=account).save()
    assert account_exists(shown) is False


BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("hidden", [*BIDI_CONTROLS, *"\u00ad\u200b\u2060\ufeff\u206a\ufff9"])
@pytest.mark.django_db(transaction=True)
def test_a_name_that_hides_how_it_is_written_is_nobody_s(hidden):
    for name in (f"{hidden}ecila", f"ali{hidden}ce", hidden):
        assert name_taken(name) is True
    assert name_taken("ecila") is False


@pytest.mark.parametrize(
    "name",
    ["", "Anna Lena", "\u6f22", "\u05d0", "\u0645\u06cc\u200c\u062e", "\U0001f468\u200d\U0001f373"],
)
def test_names_of_all_scripts_and_joined_emoji_hide_nothing(name):
    assert is_disguised(name) is False


def test_each_bidi_control_of_unicode_is_hidden():
    controls = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.bidirectional(chr(code))
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    assert all(map(is_disguised, controls))
    assert set(controls) < set(BIDI_CONTROLS)


def test_the_table_is_of_one_step_and_whole():
    assert len(LIKE) > 400
    assert (LIKE["\u0430"], LIKE["I"], LIKE["m"], LIKE["\u0131"]) == ("a", "l", "rn", "i")
    assert {skeleton(like) for like in LIKE.values()} == set(LIKE.values())


@pytest.mark.parametrize("letter", "lIm1O0\u041e\u0430")
def test_however_many_a_name_may_be_read_as_only_some_are_looked_up(letter):
    assert len(spellings(letter * 64)) <= len(look_alikes(letter * 64)) + 10 <= 40 * MOST


@given(st.text(alphabet=CONFUSED, max_size=6))
def test_what_an_account_makes_forgotten_are_all_names_that_are_read_like_it(name):
    for account in filter(lambda spelling: all(map(is_steady, spelling)), spellings(name)):
        assert read_as(name) in {read_as(spelling) for spelling in spellings(account)}


async def test_an_account_made_meanwhile_is_known_at_once(transactional_db):
    told = ("\u0430lice", "aIice", "ALICE", "al\u0131ce")
    for name in told:
        assert await names.look_up(name) is False
    await in_database(get_user_model().objects.create_user, "alice")
    assert [names.recall(name) for name in told] == [None] * len(told)
    user = await get_user_model().objects.aget()
    for name in ("\u0440ete", "PETE"):
        assert await names.look_up(name) is False
    user.username = "pete"
    await in_database(user.save)
    assert names.recall("\u0440ete") is None
    assert await names.look_up("\u0440ete") is True


# The doors.


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("alike")) as server:
        yield server


@pytest.mark.parametrize("name", ["\u202eada", "ad\u0430", "\u0430\u0501\u0430", "AD\u0391"])
async def test_both_doors_refuse_it_and_let_the_account_speak(site, name):
    url, http = site.ws("/ws/chat/alike/"), site.http("/api/chat/alike/messages/")
    async with talk(url) as nobody:
        await nobody.say_chat("I am ada", username=name, id="c-1")
        refusal = await nobody.hear_until(type="error")
        assert (refusal["message"], refusal["code"], refusal["id"]) == (
            "Not allowed",
            "forbidden",
            "c-1",
        )
        assert call(http, {"message": "me too", "username": name}).refusal == (403, "Not allowed")
        async with talk(url, bearer=site.people["ada"].token) as ada:
            await ada.say_chat("so am I", username=name)
            assert (await nobody.hear_until(message="so am I"))["username"] == "ada"
