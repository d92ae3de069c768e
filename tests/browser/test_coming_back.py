"""The server dies, the line breaks, an answer is lost: nothing is lost, nothing comes twice."""

import httpx
from playwright.sync_api import expect

from tests.browser.people import all_live, all_stored, enter, live, said, say, wait_for
from tests.browser.test_history import POST, numbered
from tests.crash.site import site

#: Keeps the largest number of lines with the same text that were ever seen at once.
WATCH = """
text => {
  const seen = () => [...document.querySelectorAll(".log .said")]
    .filter(line => line.textContent === text && line.checkVisibility()).length;
  window.most = seen();
  const look = () => { window.most = Math.max(window.most, seen()); };
  new MutationObserver(look).observe(
    document.querySelector(".log"), { childList: true, subtree: true, attributes: true });
}
"""


def stored(server, room):
    page = httpx.get(f"{server.url}/api/chat/{room}/messages/", trust_env=False).json()
    return [message["message"] for message in page["data"]["messages"]]


def test_a_server_that_is_killed_loses_nothing_and_tells_nothing_twice(window, tmp_path):
    words = [f"word {n}" for n in range(1, 31)]
    with site(tmp_path) as server:
        url = f"http://127.0.0.1:{server.port}"
        ada, bob = window("/#killed", url=url), window("/#killed", url=url)
        enter(ada, "killed", "ada")
        live(bob, "chat")
        for number, word in enumerate(words):
            if number == 12:
                server.kill()
            if number == 20:
                expect(ada.locator("#chat .link")).to_have_text("Reconnecting…")
                server.start()
            say(ada, word)
        all_stored(ada)
        for page in (ada, bob):
            expect(page.locator("#chat .link")).to_have_text("Live", timeout=20_000)
            expect(page.locator(".messages")).to_contain_text(words[-1], timeout=20_000)
            assert said(page) == words
        expect(ada.locator(".messages .mine")).to_have_count(len(words))


def test_a_message_whose_ack_was_lost_is_sent_again_and_stored_once(window, server, line):
    page = window("/#no-ack", url=line.url)
    all_live(page)
    enter(page, "no-ack", "ada")
    say(page, "first")
    all_stored(page)
    page.evaluate(WATCH, "once")
    line.silence()
    say(page, "once")
    wait_for(page, lambda: stored(server, "no-ack") == ["first", "once"])
    expect(page.locator(".waiting li")).to_have_count(1)
    line.cut()
    say(page, "last")
    all_stored(page)
    assert said(page) == ["first", "once", "last"]
    assert stored(server, "no-ack") == ["first", "once", "last"]
    assert page.evaluate("window.most") == 1


def test_a_line_that_fell_silent_is_given_up(window, line):
    page = window("/login/", url=line.url)
    page.clock.install()
    page.goto(f"{line.url}/#silent")
    all_live(page)
    line.silence()
    say(page, "is anybody there?")
    page.clock.fast_forward(10_000)
    expect(page.locator("#chat .link")).to_have_text("Live")
    page.clock.fast_forward(10_000)
    expect(page.locator("#chat .link")).to_have_text("Reconnecting…")
    all_stored(page)
    assert said(page) == ["is anybody there?"]


def test_a_message_is_never_on_the_screen_twice(window):
    page = window()
    enter(page, "one-line", "ada")
    page.evaluate(WATCH, "seen once")
    say(page, "seen once")
    all_stored(page)
    assert said(page) == ["seen once"]
    assert page.evaluate("window.most") == 1


def test_what_was_missed_comes_in_order(window, line):
    ada, bob = window("/#missed", url=line.url), window("/#missed")
    all_live(ada)
    live(bob, "chat")
    say(bob, "before")
    expect(ada.locator(".messages")).to_contain_text("before")
    line.silence()
    for n in range(1, 6):
        say(bob, f"line {n}")
    all_stored(bob)
    line.cut()
    expect(ada.locator(".messages")).to_contain_text("line 5")
    assert said(ada) == said(bob) == ["before", *numbered(1, 5)]


def test_a_frame_that_is_missing_is_fetched(window):
    page = window("/login/")
    frames = []

    def carry(route):
        server = route.connect_to_server()

        def pass_on(frame):
            frames.append(frame)
            if "is swallowed" not in frame or sum("is swallowed" in one for one in frames) > 1:
                route.send(frame)

        server.on_message(pass_on)

    page.route_web_socket("**/ws/chat/**", carry)
    page.goto(page.url.replace("/login/", "/#gap"))
    live(page, "chat")
    bob = window("/#gap")
    live(bob, "chat")
    for text in ("comes", "is swallowed", "tells of it"):
        say(bob, text)
    all_stored(bob)
    expect(page.locator(".messages")).to_contain_text("is swallowed")
    assert said(page) == ["comes", "is swallowed", "tells of it"]
    assert any('"recovered":true' in frame for frame in frames)


def test_where_too_much_was_missed_the_latest_page_is_shown(window, line, run):
    page = window("/#crowded", url=line.url)
    all_live(page)
    say(page, "long ago")
    all_stored(page)
    line.silence()
    run(POST.format(room="crowded", first=2, last=302))
    line.cut()
    expect(page.locator(".messages .note")).to_contain_text("Too much has changed meanwhile")
    assert said(page) == numbered(253, 302)
    page.locator(".earlier").click()
    expect(page.locator(".messages .said")).to_have_count(100)
    assert said(page) == numbered(203, 302)
