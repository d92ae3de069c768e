"""What was said before: on entering, further up, and what was deleted since."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import all_stored, enter, live, said, say

POST = """
from django.db import transaction
from hubbub.chat.services import post
with transaction.atomic():
    for n in range({first}, {last} + 1):
        post(room="{room}", message=f"line {{n}}", username="clio")
"""
DELETE = "from hubbub.chat.services import delete; delete(room='{room}', seq={seq})"
EDIT = "from hubbub.chat.services import edit;edit(room='{room}', seq={seq}, message='{message}')"
#: The first line that is seen whole, and how many pixels it is from the top of the list.
SEEN = """
log => {
  const top = log.getBoundingClientRect().top;
  const place = line => line.getBoundingClientRect().top - top;
  const line = [...log.querySelectorAll("[data-seq]")].find(line => place(line) >= 0);
  return [Number(line.dataset.seq), place(line)];
}
"""


def numbered(first, last):
    return [f"line {n}" for n in range(first, last + 1)]


@pytest.fixture
def page(window, complaints):
    yield window()
    assert complaints == []


def test_who_enters_sees_what_was_said_before(page, window):
    enter(page, "before", "ada")
    for text in ("one", "two", "three"):
        say(page, text)
    all_stored(page)
    bob = window("/#before")
    live(bob, "chat")
    assert said(bob) == ["one", "two", "three"]
    expect(bob.locator(".messages .mine")).to_have_count(0)
    expect(bob.locator(".earlier")).to_be_hidden()
    page.reload()
    live(page, "chat")
    assert said(page) == ["one", "two", "three"]
    expect(page.locator(".messages .mine")).to_have_count(3)


def test_earlier_messages_come_on_demand_and_what_is_seen_stays(page, run):
    run(POST.format(room="long-ago", first=1, last=120))
    enter(page, "long-ago", "ada")
    log, button = page.locator(".log"), page.locator(".earlier")
    assert said(page) == numbered(71, 120)
    button.focus()
    seen = log.evaluate(SEEN)
    page.keyboard.press("Enter")
    expect(page.locator(".messages .said")).to_have_count(100)
    assert log.evaluate(SEEN) == pytest.approx(seen, abs=1)
    assert said(page) == numbered(21, 120)
    log.evaluate("log => { log.scrollTop = 33 }")
    seen = log.evaluate(SEEN)
    button.evaluate("button => button.click()")
    expect(button).to_be_hidden()
    assert log.evaluate(SEEN) == pytest.approx(seen, abs=1)
    assert said(page) == numbered(1, 120)
    expect(log).to_be_focused()


def test_who_reads_further_up_is_not_pulled_down(page, window):
    enter(page, "reading", "ada")
    for n in range(12):
        say(page, f"line {n}")
    all_stored(page)
    log = page.locator(".log")
    log.evaluate("log => { log.scrollTop = 50 }")
    bob = window("/#reading")
    live(bob, "chat")
    say(bob, "news")
    expect(page.locator(".messages")).to_contain_text("news")
    assert log.evaluate("log => log.scrollTop") == 50


def test_a_deleted_message_loses_its_text_on_open_pages_and_for_who_comes(page, window, run):
    enter(page, "regret", "ada")
    for text in ("fine", "a secret", "fine too"):
        say(page, text)
    all_stored(page)
    run(DELETE.format(room="regret", seq=2))
    expect(page.locator(".messages .deleted")).to_contain_text("Message deleted")
    assert said(page) == ["fine", "Message deleted", "fine too"]
    say(page, "and on")
    all_stored(page)
    bob = window("/#regret")
    live(bob, "chat")
    assert said(bob) == ["fine", "Message deleted", "fine too", "and on"]
    assert "secret" not in bob.content()


def test_an_edited_message_has_its_newest_text_on_open_pages_and_for_who_comes(page, window, run):
    enter(page, "typo", "ada")
    for text in ("fine", "furst", "fine too"):
        say(page, text)
    all_stored(page)
    run(EDIT.format(room="typo", seq=2, message="first"))
    expect(page.locator(".messages")).to_contain_text("first")
    assert said(page) == ["fine", "first", "fine too"]
    say(page, "and on")
    all_stored(page)
    bob = window("/#typo")
    live(bob, "chat")
    assert said(bob) == ["fine", "first", "fine too", "and on"]
