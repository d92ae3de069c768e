"""The page says what is so: offline, silent, refused, waiting, unread."""

import signal

from playwright.sync_api import expect

from tests.browser.line import line_to
from tests.browser.people import all_live, all_stored, enter, live, said, say, wait_for
from tests.browser.test_history import POST
from tests.servers import start_server

SECTIONS = ("chat", "counter", "notifications")
SEND = """
from hubbub.notifications.services import send
for n in range({first}, {last} + 1):
    send(title=f"note {{n}}", message="for everyone")
"""
#: Counts the answers of all sockets.
COUNT_PONGS = """
window.pongs = 0;
const Real = WebSocket;
window.WebSocket = class extends Real {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", ({ data }) => { window.pongs += data.includes('"pong"'); });
  }
};
"""


def states(page):
    return [page.locator(f"#{section} .link") for section in SECTIONS]


def test_a_browser_that_goes_offline_says_so_at_once(window, line):
    page = window("/#offline", url=line.url)
    all_live(page)
    line.silence()
    page.context.set_offline(True)
    for state in states(page):
        expect(state).to_have_text("Offline", timeout=1000)
    expect(page.locator("#counter button:enabled")).to_have_count(0)
    say(page, "said offline")
    expect(page.locator(".waiting .sending")).to_be_visible()
    page.context.set_offline(False)
    for state in states(page):
        expect(state).to_have_text("Live")
    all_stored(page)
    assert said(page) == ["said offline"]


def test_a_server_that_stands_still_is_noticed_within_forty_seconds(window):
    with start_server() as server:
        page = window("/login/", url=server.url)
        page.clock.install()
        page.goto(f"{server.url}/#still")
        all_live(page)
        server.process.send_signal(signal.SIGSTOP)
        try:
            page.get_by_label("One more").click()
            page.clock.fast_forward(1000)
            expect(page.locator(".waiting-changes")).to_have_text("Not stored yet: 1 change")
            page.clock.fast_forward(25_000)
            page.clock.fast_forward(13_000)
            for state in states(page):
                expect(state).to_have_text("Reconnecting…", timeout=1000)
            expect(page.locator("#counter button:enabled")).to_have_count(0)
        finally:
            server.process.send_signal(signal.SIGCONT)
        page.clock.resume()
        all_live(page)
        expect(page.locator("#counter .value")).to_have_text("1")
        expect(page.locator(".waiting-changes")).to_have_text("")


def test_a_server_that_only_says_nothing_is_asked_and_stays(window, server):
    page = window("/login/")
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.add_init_script(COUNT_PONGS)
    page.clock.install()
    page.goto(f"{server.url}/#calm")
    all_live(page)
    page.clock.fast_forward(26_000)
    wait_for(page, lambda: page.evaluate("window.pongs") == 3)
    page.clock.fast_forward(13_000)
    all_live(page)
    assert len(sockets) == len(SECTIONS)


def test_a_page_of_another_address_is_told_why_it_stays_dead(window, server):
    with line_to(server.port, host=f"127.0.0.1:{server.port}") as line:
        page = window(url=line.url)
        for state in states(page):
            expect(state).to_contain_text("Does it accept pages from", timeout=15_000)
            expect(state).to_contain_text("HUBBUB_ALLOWED_ORIGINS")


def test_where_the_server_is_not_ready_that_is_no_reason_to_ask_for_the_address(window, server):
    asked = []

    def not_ready(route):
        asked.append(route.request.url)
        route.fulfill(status=503, body="{}")

    page = window("/login/")
    page.route("**/readyz", not_ready)
    with line_to(server.port, host=f"127.0.0.1:{server.port}") as line:
        page.goto(line.url)
        wait_for(page, lambda: len(asked) >= 2 * len(SECTIONS))
        for state in states(page):
            expect(state).to_have_text("Reconnecting…")


def test_a_visitor_sees_the_last_notifications_to_everyone(window, run):
    run(SEND.format(first=1, last=3))
    page = window()
    live(page, "notifications")
    items = page.locator(".list li b")
    expect(items.first).to_have_text("note 3")
    assert items.all_inner_texts()[:3] == ["note 3", "note 2", "note 1"]


def test_who_reads_further_up_is_told_how_much_is_new(window, run):
    run(POST.format(room="scrolled", first=1, last=60))
    page, bob = window("/#scrolled"), window("/#scrolled")
    live(page, "chat")
    live(bob, "chat")
    log = page.locator(".log")
    expect(page.locator(".messages .said").last).to_have_text("line 60")
    log.evaluate("log => { log.scrollTop = 0; }")
    for n in (1, 2):
        say(bob, f"new {n}")
    news = page.locator(".news")
    expect(news).to_have_text("2 new messages")
    news.click()
    expect(page.locator(".messages .said").last).to_be_in_viewport()
    expect(news).to_be_hidden()


def test_a_name_that_turns_the_writing_round_turns_nothing_else(window, complaints):
    page = window()
    enter(page, "bidi", "ada")
    say(page, "שלום abc")
    expect(page.locator(".messages bdi").first).to_have_text("ada")
    assert page.locator(".messages .said").first.get_attribute("dir") == "auto"
    assert complaints == []
