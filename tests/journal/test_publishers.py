"""What Python publishers hand to the layer is stored, or refused alone and by name."""

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.utils.safestring import mark_safe

from hubbub.crossing import in_database
from hubbub.errors import InvalidFormatError, Refusal
from hubbub.journal import commit
from hubbub.journal.process import writer
from tests.journal.entries import texts
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ended():
    yield
    writer.stop()


@pytest.fixture
def pad():
    return new_name()


async def send(pad, **event):
    await get_channel_layer().group_send(f"pad.{pad}", event)


@pytest.mark.parametrize("kind", ["pad_line", "pad.line"])
async def test_it_is_stored_under_both_names_of_its_type(pad, kind):
    await send(pad, type=kind, text=mark_safe("<b>hi</b>"))
    assert await in_database(texts, pad) == [(1, "<b>hi</b>")]


async def test_in_a_group_that_is_no_stream_s_it_is_not():
    await get_channel_layer().group_send("lobby", {"type": "pad_line", "text": "hi"})
    await send("lobby", type="pad_line", text="marker")
    assert await in_database(texts, "lobby") == [(1, "marker")]


@pytest.mark.parametrize("event", [{}, {"text": b"hi"}, {"text": "\ud800"}])
async def test_what_cannot_be_stored_fails_alone_and_names_its_key(pad, event):
    others = [send(pad, type="pad_line", text="hi") for _ in range(20)]
    bad = send(pad, type="pad_line", **event)
    *outcomes, refusal = await asyncio.gather(*others, bad, return_exceptions=True)
    assert outcomes == [None] * 20
    assert isinstance(refusal, Refusal)
    assert str(refusal).endswith(": text")
    assert len(await in_database(texts, pad)) == 20


@pytest.mark.parametrize("error", [RuntimeError, TypeError, KeyError, UnicodeError, MemoryError])
async def test_no_exception_of_any_kind_answers_for_a_whole_batch(monkeypatch, pad, error):
    store = commit.store

    def odd(connection, entries, *, look):
        if any(entry.body.text == "odd" for entry in entries):
            raise error("odd")
        return store(connection, entries, look=look)

    monkeypatch.setattr(commit, "store", odd)
    words = ["a", "odd", *(str(number) for number in range(30))]
    outcomes = await asyncio.gather(
        *(send(pad, type="pad_line", text=word) for word in words), return_exceptions=True
    )
    assert [isinstance(one, Refusal) for one in outcomes] == [word == "odd" for word in words]
    assert [text for _, text in await in_database(texts, pad)] == [
        word for word in words if word != "odd"
    ]


async def test_a_text_that_the_database_refuses_is_named(monkeypatch, pad):
    store = commit.store

    def strict(connection, entries, *, look):
        if any("\0" in entry.body.text for entry in entries):
            raise ValueError("a NUL")
        return store(connection, entries, look=look)

    monkeypatch.setattr(commit, "store", strict)
    with pytest.raises(InvalidFormatError) as caught:
        await send(pad, type="pad_line", text="a\0b")
    assert caught.value.field == "text"


async def test_keys_that_are_not_stored_are_named_in_the_log(caplog, pad):
    await send(pad, type="pad_line", text="hi", avatar="a.png", color="red")
    (line,) = [one.getMessage() for one in caplog.records if "event_keys_dropped" in one.message]
    assert "avatar color" in line
    caplog.clear()
    await send(pad, type="pad_line", text="hi")
    assert "event_keys_dropped" not in caplog.text
