"""A person with an account: signs in, speaks under that name, sends, and signs out."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import PASSWORD, sign_in

HEIDI = """
from django.contrib.auth.models import User
User.objects.create_user("heidi", password="{password}", pk=77)
"""
MUTE = """fetch("/api/chat/general/sanctions/", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-CSRFToken": /csrftoken=(\\w+)/.exec(document.cookie)[1],
  },
  body: JSON.stringify({ action: "mute", user_id: 77, seconds: 200000 }),
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


def test_a_muted_one_is_told_until_when_and_keeps_its_text(window, run):
    run(HEIDI.format(password=PASSWORD))
    page, moderator = window("/login/"), window("/login/")
    sign_in(page, "heidi", PASSWORD)
    expect(page.locator("#chat .link")).to_have_text("Live")
    sign_in(moderator, "grace", PASSWORD)
    expect(moderator.locator(".who")).to_have_text("grace")
    assert moderator.evaluate(MUTE) == 200
    page.get_by_placeholder("Say something").fill("I am Heidi")
    page.get_by_placeholder("Say something").press("Enter")
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
