"""The largest pages, read in a loop by clients without login."""

from concurrent.futures import ThreadPoolExecutor

from tests.api_v1.serving import serve
from tests.http.calls import call

MEBIBYTE = 1024  # in KiB


def test_who_reads_the_largest_pages_in_a_loop_fills_no_memory(tmp_path):
    limits = {"HUBBUB_RATE_LIMIT": "off", "HUBBUB_RATE_LIMIT_READS": "off"}
    with serve(tmp_path, **limits) as site:
        url = site.http("/api/chat/big/messages/")
        with ThreadPoolExecutor(8) as clients:
            said = [{"message": "\U0001f98a" * 1000}] * 200
            assert {
                answer.status for answer in clients.map(lambda body: call(url, body), said)
            } == {200}
            before = site.resident()
            pages = clients.map(call, [f"{url}?limit=200"] * 160)
            assert {len(page.data["messages"]) for page in pages} == {200}
        # 160 pages of 0.8 MB.
        assert site.resident() - before < 50 * MEBIBYTE
