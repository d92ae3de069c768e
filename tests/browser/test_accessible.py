"""axe finds nothing: in either theme, on a phone, signed in, during an outage."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.people import PASSWORD, all_live, enter, say, sign_in

PHONE = {"width": 360, "height": 740}


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_page_has_no_violation(window, account, theme, viewport):
    page = window(color_scheme=theme, **({"viewport": viewport} if viewport else {}))
    enter(page, f"axe-{theme}-{bool(viewport)}", "ada")
    say(page, "hello")
    expect(page.locator(".messages .said")).to_have_text("hello")
    page.get_by_label("Title").fill("axe")
    page.get_by_label("Message", exact=True).last.fill("looks")
    page.get_by_role("button", name="Send to everyone").click()
    expect(page.locator(".result")).to_have_text("Notification sent")
    expect(page.locator(".list li").first).to_contain_text("axe")
    assert violations(page) == []


def test_it_has_none_for_a_user_with_something_unread(window, account, run):
    run("from hubbub.notifications.services import send; send(title='a', message='b')")
    page = window("/login/")
    sign_in(page, "grace", PASSWORD)
    all_live(page)
    expect(page.locator(".unread-count")).to_contain_text("unread")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_has_none_during_an_outage(window, line, theme):
    page = window("/#axe-outage", url=line.url, color_scheme=theme)
    all_live(page)
    line.close()
    say(page, "kept")
    expect(page.locator("#chat .link")).to_have_text("Reconnecting…")
    expect(page.locator(".waiting .sending")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_login_page_has_none(window, theme):
    assert violations(window("/login/", color_scheme=theme)) == []
