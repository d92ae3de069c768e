"""What is remembered of callers over HTTP: for many calls, until something changes."""

from django.test import AsyncClient
from django.utils.functional import lazystr

from hubbub.streams import answers as remembered
from hubbub.streams.reviews import review
from tests.streams.test_permissions import MESSAGES, asked


async def test_over_http_it_is_asked_once_for_many_calls_and_again_after_a_review(answers):
    for _ in range(3):
        assert (await AsyncClient().get(MESSAGES)).status_code == 200
    assert len(asked("enter")) == 1
    answers.no = {"enter"}
    review("chat", "kitchen")
    assert (await AsyncClient().get(MESSAGES)).status_code == 200
    review("chat", lazystr("lobby"))
    assert (await AsyncClient().get(MESSAGES)).status_code == 403


async def test_an_answer_over_http_that_was_overtaken_is_not_remembered(answers, settings):
    settings.HUBBUB_CHAT_POLICY = "tests.streams.test_present.Overtaken"
    path = "/api/chat/lobby/presence/"
    assert (await AsyncClient().get(path)).status_code == 200
    assert (await AsyncClient().get(path)).status_code == 403


async def test_the_answers_that_are_remembered_for_http_are_bounded(answers, monkeypatch):
    monkeypatch.setattr(remembered, "ANSWERS", 3)
    for room in "abcde":
        await AsyncClient().get(f"/api/chat/{room}/presence/")
    assert len(remembered._answers) == 3
    before = len(asked("enter"))
    await AsyncClient().get("/api/chat/e/presence/")
    assert len(asked("enter")) == before
