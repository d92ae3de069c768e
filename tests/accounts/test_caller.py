from uuid import UUID

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User

from hubbub.accounts.caller import ANONYMOUS, Caller, caller_from_user


def test_nobody_is_called_anonymous():
    assert Caller(user_id=None, username="Anonymous", is_staff=False) == ANONYMOUS


def test_a_caller_cannot_be_changed():
    with pytest.raises(AttributeError):
        ANONYMOUS.username = "root"


def test_a_user_becomes_a_caller():
    user = User(pk=7, username="ada", is_staff=True)
    assert caller_from_user(user) == Caller(7, "ada", True)


def test_a_key_that_is_no_integer_becomes_text_and_no_staff_flag_means_no_staff():
    class Plain(AbstractBaseUser):
        USERNAME_FIELD = "name"
        name = "ada"
        pk = UUID(int=1)

        class Meta:
            app_label = "plain"

    caller = caller_from_user(Plain())
    assert caller == Caller("00000000-0000-0000-0000-000000000001", "ada", False)
