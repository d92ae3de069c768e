"""The page as two people use it, in two windows."""

import re
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.people import enter, live, said, say
from tests.servers import free_port, start_process

SCRIPT = "<img src=x onerror=document.title='broken'><b>bold</b>"


@pytest.fixture
def two(window, complaints):
    yield window(), window(viewport={"width": 360, "height": 740}, color_scheme="dark")
    assert complaints == []


def test_two_people_talk(two):
    ada, bob = two
    enter(ada, "talk", "ada")
    enter(bob, "talk", "bob")
    expect(ada.locator(".messages")).to_contain_text("A user joined the room")
    say(ada, "Hello from ada")
    said = bob.locator(".messages li", has_text="Hello from ada")
    expect(said.locator("b")).to_have_text("ada")
    say(bob, "And from bob")
    expect(ada.locator(".messages li", has_text="And from bob")).not_to_have_class("mine")
    expect(bob.locator(".messages li.mine")).to_contain_text("And from bob")
    bob.close()
    expect(ada.locator(".messages")).to_contain_text("A user left the room")


def test_another_room_is_another_room(two):
    ada, bob = two
    enter(ada, "one", "ada")
    enter(bob, "one", "bob")
    enter(bob, "two", "bob")
    say(ada, "only for one")
    expect(ada.locator(".messages")).to_contain_text("only for one")
    expect(bob.locator(".messages")).not_to_contain_text("only for one")
    assert bob.url.endswith("#two")


def test_text_is_never_markup(two):
    ada, bob = two
    enter(ada, "markup", SCRIPT[:64])
    enter(bob, "markup", "bob")
    say(ada, SCRIPT)
    expect(bob.locator(".messages .said")).to_have_text(SCRIPT)
    assert bob.locator(".messages img, .messages .said b").count() == 0
    assert bob.title() == "Hubbub"


def test_a_name_is_remembered_and_a_room_is_in_the_address(two):
    ada, _ = two
    enter(ada, "library", "Ada L.")
    ada.reload()
    expect(ada.get_by_label("Your name")).to_have_value("Ada L.")
    expect(ada.get_by_label("Room")).to_have_value("library")


@pytest.mark.parametrize("address", ["/#%", "/#%E0%A4%A", "/#no/such room"])
def test_an_address_that_names_no_room_harms_nothing(window, complaints, address):
    page = window(address)
    for section in ("chat", "counter", "notifications"):
        live(page, section)
    assert page.url.endswith("#general")
    assert complaints == []


def test_a_refusal_is_told_and_the_text_is_kept(two):
    ada, _ = two
    enter(ada, "long", "ada")
    ada.evaluate("document.querySelector('.say input').removeAttribute('maxlength')")
    say(ada, "x" * 1001)
    expect(ada.locator("#chat .trouble")).to_have_text("Invalid message (max 1000 characters).")
    expect(ada.get_by_placeholder("Say something")).to_have_value("x" * 1001)


def test_a_notification_reaches_both(two):
    ada, bob = two
    live(ada, "notifications")
    live(bob, "notifications")
    bob.get_by_label("Title").fill("Deploy <b>")
    bob.get_by_label("Message", exact=True).last.fill("All systems go")
    bob.get_by_label("Priority").select_option("high")
    bob.get_by_role("button", name="Send to everyone").click()
    expect(bob.locator(".result")).to_have_text("Notification sent")
    for page in two:
        first = page.locator(".list li").first
        expect(first).to_contain_text("Deploy <b>")
        expect(first).to_contain_text("All systems go")
        expect(first.locator(".priority.high")).to_have_text("high")


def test_the_counter_counts_for_both(two):
    ada, bob = two
    for page in two:
        live(page, "counter")
    ada.get_by_role("button", name="Reset").click()
    for page in two:
        expect(page.locator(".value")).to_have_text("0")
        expect(page.locator("#counter .people")).to_have_text("2 people")
    ada.get_by_label("One more").click()
    ada.get_by_label("One more").click()
    bob.get_by_label("One less").click()
    for page in two:
        expect(page.locator(".value")).to_have_text("1")
    bob.close()
    expect(ada.locator("#counter .people")).to_have_text("1 person")


def test_it_fits_a_small_window(two):
    _, bob = two
    enter(bob, "a" * 64, "b" * 64)
    say(bob, "w" * 500)
    expect(bob.locator(".messages .said")).to_be_visible()
    assert bob.evaluate("document.documentElement.scrollWidth") == 360


def test_the_keyboard_is_enough(two):
    ada, _ = two
    enter(ada, "keys", "ada")
    expect(ada.get_by_placeholder("Say something")).to_be_focused()
    ada.keyboard.type("typed")
    ada.keyboard.press("Enter")
    expect(ada.locator(".messages")).to_contain_text("typed")
    ada.get_by_label("One more").focus()
    before = int(ada.locator(".value").inner_text())
    ada.keyboard.press("Space")
    expect(ada.locator(".value")).to_have_text(str(before + 1))


def test_every_control_has_a_name(two):
    ada, _ = two
    unnamed = ada.locator("button, input:not([type=hidden]), select, textarea").evaluate_all(
        "all => all.filter(e => !(e.ariaLabel || e.labels?.length || e.textContent.trim())).length"
    )
    assert unnamed == 0


@pytest.mark.parametrize("path", ["/login/", "/api/docs/", "/admin/login/", "/nothing/here"])
def test_no_page_breaks_the_policy_or_asks_a_stranger(window, complaints, server, path):
    page = window()
    strangers = []
    page.on("request", lambda request: strangers.append(request.url))
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    assert [url for url in strangers if not url.startswith((server.url, "data:"))] == []
    assert [text for text in complaints if "404" not in text] == []


def test_it_comes_back_by_itself(window, tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "hubbub", "serve", "--port", str(port)]
    data = {"HUBBUB_DATA": str(tmp_path), "HUBBUB_DRAIN_SECONDS": "0.5"}
    with start_process(command, port, env=data) as first:
        page = window(url=first.url)
        enter(page, "back", "ada")
    expect(page.locator("#chat .link")).to_have_text("Reconnecting…")
    say(page, "while you were away")
    expect(page.locator(".waiting li")).to_contain_text("sending…")
    expect(page.locator("#counter button")).to_have_count(3)
    expect(page.locator("#counter button:enabled")).to_have_count(0)
    with start_process(command, port, env=data):
        expect(page.locator("#chat .link")).to_have_text("Live", timeout=20_000)
        expect(page.locator(".messages .mine")).to_contain_text("while you were away")
        expect(page.locator(".waiting li")).to_have_count(0)
        assert said(page) == ["while you were away"]


def test_a_page_of_the_site_may_only_use_its_own(window, server):
    response = window().goto(server.url)
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert re.search(r"connect-src 'self' ws://127\.0\.0\.1:\d+ wss://", policy)
