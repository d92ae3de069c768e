"""A person with an account: signs in, speaks under that name, sends, and signs out."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import PASSWORD, all_stored, live, say, sign_in

#: As many letters as Django lets a name have.
HEIDI = "h" * 150
MAKE = """
from django.contrib.auth.models import User
User.objects.create_user("{name}", password="{password}", pk=77)
"""
SANCTION = """(wish) => fetch(`/api/chat/${location.hash.slice(1)}/sanctions/`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-CSRFToken": /csrftoken=(\\w+)/.exec(document.cookie)[1],
  },
  body: JSON.stringify({ user_id: 77, ...wish }),
}).then((answer) => answer.status)"""

pytestmark = pytest.mark.usefixtures("account")


def test_a_wrong_password_is_told(window):
    page = window("/login/")
    sign_in(page, "grace", "wrong")
    expect(page.get_by_role("alert")).to_have_text("That name and password do not match.")
    expect(page.get_by_label("Name")).to_have_value("grace")


def test_in_and_out(window, complaints):
    page = window("/login/")
    sign_in(page, "grace", PASSWORD)
    expect(page.locator(".who")).to_have_text("grace")
    name = page.get_by_label("Your name")
    expect(name).to_have_value("grace")
    assert name.get_attribute("readonly") is not None
    expect(page.locator("#chat .link")).to_have_text("Live")
    page.get_by_placeholder("Say something").fill("I am Grace")
    page.get_by_placeholder("Say something").press("Enter")
    expect(page.locator(".messages .mine b")).to_have_text("grace")
    page.get_by_label("Title").fill("Signed")
    page.locator("textarea").fill("with the token of the page")
    page.get_by_role("button", name="Send to everyone").click()
    expect(page.locator(".result")).to_have_text("Notification sent")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert complaints == []


def test_nobody_else_speaks_under_that_name(window):
    page = window()
    page.get_by_label("Your name").fill("grace")
    expect(page.locator("#chat .link")).to_have_text("Live")
    page.get_by_placeholder("Say something").fill("I am not")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#chat .trouble")).to_have_text("Not allowed.")


@pytest.fixture(scope="module")
def heidi(account, run):
    run(MAKE.format(name=HEIDI, password=PASSWORD))


def in_room(page, room, name):
    """Sign in, and go to a room."""
    sign_in(page, name, PASSWORD)
    live(page, "chat")
    page.get_by_label("Room").fill(room)
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#chat .room")).to_have_text(room)
    live(page, "chat")
    return page


@pytest.fixture
def both(window, heidi):
    """Open the windows of Heidi and of one who moderates, both in a room."""
    return lambda room: [in_room(window("/login/"), room, name) for name in (HEIDI, "grace")]


def test_one_speaks_under_a_name_however_long_it_is(both):
    page, _ = both("long")
    say(page, "It is me")
    expect(page.locator(".messages .mine b").last).to_have_text(HEIDI)
    all_stored(page)


def test_who_was_sent_away_comes_back_by_going_there_again(both):
    page, moderator = both("kick")
    assert moderator.evaluate(SANCTION, {"action": "kick"}) == 200
    expect(page.locator("#chat .link")).to_have_text("You are not allowed in here.")
    page.get_by_role("button", name="Go").click()
    live(page, "chat")
    say(page, "Here again")
    expect(page.locator(".messages")).to_contain_text("Here again")
    all_stored(page)


def test_a_muted_one_is_told_until_when_and_keeps_its_text(both):
    page, moderator = both("mute")
    assert moderator.evaluate(SANCTION, {"action": "mute", "seconds": 200000}) == 200
    say(page, "I am Heidi")
    until = re.compile(r"^Not allowed until .*\d:\d\d.*\.$")
    expect(page.locator("#chat .trouble")).to_have_text(until)
    expect(page.get_by_placeholder("Say something")).to_have_value("I am Heidi")


def test_the_admin_is_in_order(window, complaints):
    page = window("/admin/")
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Users").first.click()
    expect(page.get_by_role("link", name="grace")).to_be_visible()
    assert complaints == []
