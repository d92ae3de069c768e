"""What is wrong with a policy is said before anybody comes."""

import pytest

from hubbub.chat.checks import check_policy
from hubbub.checks import check_settings
from tests.streams.policies import PATH


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("no.such.policy", "No module named 'no'"),
        ("tests.streams.policies.Nothing", "Nothing"),
        (PATH + "NoPolicy", "has no `def may_read(caller, name)`"),
        (PATH + "WrongShape", "has no `def may_send(caller, name)`"),
        (PATH + "Mistyped", "Mistyped.may_entr is asked by nobody"),
        ("tests.streams.policies.book", "has no `def may_enter(caller, name)`"),
    ],
)
def test_a_policy_that_cannot_be_used_is_told_by_number(settings, path, sentence):
    settings.HUBBUB_CHAT_POLICY = path
    (error,) = check_policy()
    assert error.id == "hubbub.E007"
    assert "HUBBUB_CHAT_POLICY" in error.msg
    assert sentence in error.msg


@pytest.mark.parametrize("name", ["Anyone", "SignedIn"])
def test_those_that_are_ready_can_be_used(settings, name):
    settings.HUBBUB_CHAT_POLICY = f"hubbub.chat.policies.{name}"
    assert check_policy() == []


@pytest.mark.parametrize(("name", "value"), [("RATE_LIMIT", "often"), ("CHAT_POLICY", 7)])
def test_what_a_setting_lacks_is_told_once(settings, name, value):
    setattr(settings, f"HUBBUB_{name}", value)
    assert [error.id for error in check_settings() + check_policy()] == ["hubbub.E001"]
