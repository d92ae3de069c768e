"""Text of whatever class becomes text that every encoder and adapter knows."""

from enum import Enum, StrEnum

import pytest
from django.db.models import TextChoices
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from hubbub.errors import InvalidFormatError
from hubbub.wire.keys import KEY_LENGTH, read_key, write_key
from hubbub.wire.plain import STAMP_LENGTH, plain_id, plain_stamp, plain_text


class Choice(TextChoices):
    HIGH = "high"


class Word(str, Enum):  # noqa: UP042 - its `str` is "Word.HIGH"
    HIGH = "high"


class Text(str):
    __slots__ = ()


TEXTS = [
    "high",
    mark_safe("high"),
    gettext_lazy("high"),
    Choice.HIGH,
    Choice.HIGH.label,
    Word.HIGH,
    StrEnum("S", {"HIGH": "high"}).HIGH,
    Text("high"),
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: type(text).__name__)
def test_text_of_any_class_is_text(text):
    plain = plain_text(text, "priority")
    assert type(plain) is str
    assert plain.lower() == "high"


@pytest.mark.parametrize("value", [None, 7, b"high", ["high"], object(), "\ud800"])
def test_what_is_no_text_is_refused_with_its_key(value):
    with pytest.raises(InvalidFormatError) as caught:
        plain_text(value, "title")
    assert caught.value.field == "title"
    assert str(caught.value) == "Invalid message format: title"


def test_a_timestamp_and_an_id_fit_into_their_columns():
    assert plain_stamp("yesterday") == "yesterday"
    assert plain_stamp("").endswith("+00:00")
    for read, field in ((plain_stamp, "timestamp"), (plain_id, "request_id")):
        assert read("x" * STAMP_LENGTH)
        with pytest.raises(InvalidFormatError) as caught:
            read("x" * (STAMP_LENGTH + 1))
        assert caught.value.field == field


def test_a_key_of_any_class_comes_back_as_a_number_or_text():
    from uuid import UUID

    uuid = UUID("8c1f2c0e-6f5a-4d59-9a35-0c2bd2a6f1d4")
    assert read_key(write_key(7)) == 7
    assert read_key(write_key(mark_safe("abc"))) == "abc"
    assert read_key(write_key(uuid)) == str(uuid)
    assert write_key(None) == ""


def test_a_key_has_a_length():
    assert write_key("x" * (KEY_LENGTH - 2))
    with pytest.raises(InvalidFormatError) as caught:
        write_key("x" * (KEY_LENGTH - 1))
    assert caught.value.field == "user_id"
