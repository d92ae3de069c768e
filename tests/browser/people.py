"""What a person does on the page, and what there is to be seen."""

from playwright.sync_api import expect

PASSWORD = "correct horse battery"


def live(page, section):
    expect(page.locator(f"#{section} .link")).to_have_text("Live")


def all_live(page):
    """Wait for all three sockets; while one says hello, the browser opens no other."""
    for section in ("chat", "counter", "notifications"):
        live(page, section)


def enter(page, room, name):
    page.get_by_label("Room").fill(room)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Go").click()
    live(page, "chat")


def say(page, text):
    page.get_by_placeholder("Say something").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def sign_in(page, name, password):
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def said(page):
    """The texts of the stored messages, from the first line to the last."""
    return page.locator(".messages .said").all_inner_texts()


def all_stored(page):
    """Wait until nothing is on its way."""
    expect(page.locator(".waiting li")).to_have_count(0, timeout=20_000)


def wait_for(page, happened):
    """Wait until `happened()` is true, while the page goes on."""
    for _ in range(200):
        if happened():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen within 10 s")
