"""What a browser's console says of a socket that does not open, as `docs/trouble.md` has it."""

import re

from tests.servers import ROOT

PAGE = (ROOT / "docs" / "trouble.md").read_text()
OPEN = "path => new Promise(done => { new WebSocket(path).onclose = close => done(close.code) })"


def test_the_console_has_the_status_and_no_more(window, server, complaints):
    page = window()
    assert page.evaluate(OPEN, f"{server.ws}/ws/nothing/") == 1006
    [said] = [line for line in complaints if "/ws/nothing/" in line]
    [sentence] = re.findall(r"`(WebSocket connection to .*?)`", PAGE)
    before, after = sentence.replace("403", "404").split("ws://…")
    assert said.startswith(before)
    assert said.endswith(after)
