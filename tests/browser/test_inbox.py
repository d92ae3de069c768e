"""Notifications of a signed-in user: unread, read in every window, missed, deleted."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import PASSWORD, all_live, live, sign_in, wait_for

pytestmark = pytest.mark.usefixtures("account")

SEND = """
from django.contrib.auth.models import User
from django.db import transaction
from hubbub.notifications.services import send
grace = User.objects.get(username="grace").pk
with transaction.atomic():
    for title in {titles}:
        send(title=title, message="for Grace", user_id=grace)
"""
DELETE = """
from hubbub.notifications.models import Notification
from hubbub.notifications.services import delete
delete(number=Notification.objects.get(title="{title}").pk)
"""


@pytest.fixture
def send(run):
    return lambda *titles: run(SEND.format(titles=titles))


@pytest.fixture
def grace(window):
    """A window in which Grace has signed in and has read everything."""

    def come(url=None):
        page = window("/login/", url=url)
        sign_in(page, "grace", PASSWORD)
        all_live(page)
        if page.locator(".read-all").is_visible():
            page.locator(".read-all").click()
            unread(page, 0)
        return page

    return come


def unread(page, count):
    expect(page.locator(".unread-count")).to_have_text(f"{count} unread" if count else "")
    expect(page.locator(".list .unread")).to_have_count(count)


def test_what_is_unread_is_the_same_in_all_windows(grace, send, complaints):
    first = grace()
    second = first.context.new_page()
    second.goto(first.url)
    live(second, "notifications")
    send("One", "Two", "Three")
    for page in (first, second):
        unread(page, 3)
        expect(page.locator(".list li").first).to_contain_text("Three")
    third = first.context.new_page()
    third.goto(first.url)
    unread(third, 3)
    second.get_by_role("button", name="Mark all as read").click()
    for page in (first, second, third):
        unread(page, 0)
        expect(page.locator(".read-all")).to_be_hidden()
        expect(page.locator(".list")).to_contain_text("Two")
    assert complaints == []


def test_one_that_was_read_elsewhere_is_marked_no_more(grace, send):
    page = grace()
    send("Kept", "Read over HTTP")
    unread(page, 2)
    number = page.locator(".list li").first.get_attribute("data-id")
    page.evaluate(
        """async number => fetch(`/api/notifications/${number}/read/`, {method: "POST", headers:
        {"X-CSRFToken": /csrftoken=([^;]+)/.exec(document.cookie)[1]}})""",
        number,
    )
    unread(page, 1)
    expect(page.locator(".list .unread")).to_contain_text("Kept")


def test_what_was_missed_and_deleted_meanwhile_is_right_after_coming_back(grace, send, run, line):
    page = grace(line.url)
    send("Seen", "To be deleted")
    unread(page, 2)
    line.silence()
    send("Missed")
    run(DELETE.format(title="To be deleted"))
    line.cut()
    unread(page, 2)
    expect(page.locator(".list li").first).to_contain_text("Missed")
    expect(page.locator(".list")).not_to_contain_text("To be deleted")
    assert page.locator(".list li", has_text="Seen").count() == 1


def test_where_too_many_were_missed_the_newest_are_shown_and_all_are_counted(grace, send, line):
    page = grace(line.url)
    send("Seen")
    unread(page, 1)
    line.silence()
    send(*(f"Missed {n}" for n in range(1, 302)))
    line.cut()
    expect(page.locator(".unread-count")).to_have_text("302 unread")
    titles = page.locator(".list .unread b")
    expect(titles).to_have_text([f"Missed {n}" for n in range(301, 201, -1)])
    page.locator(".read-all").click()
    unread(page, 0)


def test_one_that_a_page_brings_before_it_is_told_is_counted_once(grace, send):
    first = grace()
    page = first.context.new_page()
    requests, told = [], []

    def carry(route):
        server = route.connect_to_server()
        route.on_message(lambda frame: requests.append(lambda: server.send(frame)))

        def pass_on(frame):
            new = frame.startswith('{"type":"notification",')
            told.append(lambda: route.send(frame)) if new else route.send(frame)

        server.on_message(pass_on)

    page.route_web_socket("**/ws/notifications/**", carry)
    page.goto(first.url)
    wait_for(page, lambda: requests)
    send("Early")
    wait_for(page, lambda: told)
    requests.pop()()
    expect(page.locator(".list")).to_contain_text("Early")
    told.pop()()
    unread(page, 1)
    assert page.locator(".list li", has_text="Early").count() == 1


def test_a_deleted_one_vanishes_for_who_is_not_signed_in_too(window, run):
    page = window()
    live(page, "notifications")
    page.get_by_label("Title").fill("Mistaken")
    page.locator("textarea").fill("for everyone")
    page.get_by_role("button", name="Send to everyone").click()
    expect(page.locator(".list")).to_contain_text("Mistaken")
    assert page.locator(".unread-count").inner_text() == ""
    run(DELETE.format(title="Mistaken"))
    expect(page.locator(".list")).not_to_contain_text("Mistaken")


def test_one_whose_answer_was_lost_is_sent_to_nobody_twice(window):
    page = window()
    live(page, "notifications")
    page.route("**/api/notifications/send/", lambda route: (route.fetch(), route.abort()), times=1)
    page.get_by_label("Title").fill("Only once")
    page.locator("textarea").fill("for everyone")
    page.get_by_role("button", name="Send to everyone").click()
    expect(page.locator(".result")).to_contain_text("The server does not answer")
    page.get_by_role("button", name="Send to everyone").click()
    expect(page.locator(".result")).to_have_text("Notification sent")
    expect(page.locator(".list li", has_text="Only once")).to_have_count(1)
