"""A site that stores nothing of its rooms: what is said is seen by those who are there."""

from playwright.sync_api import expect

from tests.browser.people import all_stored, enter, live, said, say
from tests.crash.site import site


def test_what_is_said_is_seen_in_order_and_what_was_shown_stays_after_a_restart(
    window, complaints, tmp_path
):
    with site(tmp_path, HUBBUB_CHAT_STORE="false") as server:
        url = f"http://127.0.0.1:{server.port}"
        ada, bob = window("/#talk", url=url), window("/#talk", url=url)
        enter(ada, "talk", "ada")
        live(bob, "chat")
        for word in ("one", "two", "three"):
            say(ada, word)
        all_stored(ada)
        for page in (ada, bob):
            expect(page.locator(".messages")).to_contain_text("three")
            assert said(page) == ["one", "two", "three"]
        expect(ada.locator(".messages .mine")).to_have_count(3)
        server.kill()
        expect(ada.locator("#chat .link")).to_have_text("Reconnecting…")
        say(ada, "four")
        server.start()
        for page in (ada, bob):
            expect(page.locator("#chat .link")).to_have_text("Live", timeout=20_000)
            expect(page.locator(".messages")).to_contain_text("is not kept here", timeout=20_000)
        all_stored(ada)
        assert said(ada) == ["one", "two", "three", "four"]
        assert said(bob)[:3] == ["one", "two", "three"]
    assert not [one for one in complaints if "Error" in one and "WebSocket" not in one]
