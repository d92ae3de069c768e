"""What was written waits until it is stored, and comes back when it cannot be."""

from playwright.sync_api import expect

from tests.browser.people import all_live, all_stored, enter, live, said, say
from tests.servers import start_server


def test_more_than_is_allowed_waits_for_its_turn(window, complaints):
    words = [f"word {n}" for n in range(1, 9)]
    with start_server(env={"HUBBUB_RATE_LIMIT": "3/s"}) as server:
        ada, bob = window("/#fast", url=server.url), window("/#fast", url=server.url)
        live(ada, "chat")
        live(bob, "chat")
        for word in words:
            say(ada, word)
        expect(ada.locator(".waiting")).to_contain_text("Rate limit exceeded: waiting…")
        all_stored(ada)
        expect(bob.locator(".messages")).to_contain_text(words[-1])
        assert said(ada) == said(bob) == words
    assert [text for text in complaints if "ERR_CONNECTION" not in text] == []


def test_what_was_refused_is_told_beside_what_was_written_since(window, line):
    page = window("/#refused", url=line.url)
    all_live(page)
    line.silence()
    page.evaluate("document.querySelector('.say input').removeAttribute('maxlength')")
    say(page, "x" * 1001)
    say(page, "goes on")
    page.get_by_placeholder("Say something").fill("being written")
    line.cut()
    trouble = page.locator("#chat .trouble")
    expect(trouble).to_have_text(
        "Invalid message (max 1000 characters). Not sent: " + "x" * 1001, timeout=20_000
    )
    expect(page.get_by_placeholder("Say something")).to_have_value("being written")
    all_stored(page)
    assert said(page) == ["goes on"]


def test_what_is_no_text_stops_nothing(window):
    page = window()
    enter(page, "broken", "ada")
    page.evaluate("document.querySelector('.say input').value = 'half \\ud83d'")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#chat .trouble")).to_have_text("Invalid JSON format.")
    say(page, "whole")
    all_stored(page)
    assert said(page) == ["whole"]


def test_what_waits_outlives_a_reload_and_a_visit_to_another_room(window, line):
    page = window("/#patient", url=line.url)
    all_live(page)
    line.silence()
    say(page, "written before")
    enter(page, "elsewhere", "")
    assert page.locator(".waiting li").count() == 0
    line.cut()
    page.goto(f"{line.url}/#patient")
    page.reload()
    live(page, "chat")
    all_stored(page)
    assert said(page) == ["written before"]
