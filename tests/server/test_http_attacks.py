"""Attacks on HTTP against the real server, and what is left of them when the peers are gone."""

import re
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from tests.server.asking import ask
from tests.server.peer import Peer, request
from tests.server.strict import read_answers
from tests.servers import start_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]
MIB = 1 << 20
#: What a process may keep of an attack, over what it had after a small one.
KEPT = 20 * MIB
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def hubbub():
    with start_server() as server:
        yield server


def memory(server):
    """Bytes that the server holds of the machine's memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def processor(server):
    """Seconds of work of the server so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def flood(port, data, seconds):
    """Write without reading, as much as is taken within some seconds; returns how many bytes."""
    taken = 0
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.settimeout(1)
        end = time.monotonic() + seconds
        try:
            while taken < len(data) and time.monotonic() < end:
                taken += peer.send(data[taken : taken + 100_000])
        except TimeoutError:
            pass
        except ConnectionError:
            pass
        time.sleep(0.5)
    return taken


def still_serves(server):
    with Peer(server.port) as peer:
        peer.write(ask("/healthz", "Connection: close").replace(b"Host: x", b"Host: localhost"))
        assert read_answers(peer.rest())[0].status == 200


def flood_from(server, count, data, seconds):
    threads = [Thread(target=flood, args=(server.port, data, seconds)) for _ in range(count)]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        most = max(most, memory(server))
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    return most


def test_pipelined_requests_whose_answers_are_not_read_take_no_memory(hubbub):
    one = ask("/healthz").replace(b"Host: x", b"Host: localhost")
    for _ in range(50):
        still_serves(hubbub)
    before = memory(hubbub)
    most = flood_from(hubbub, 7, one * (20 * MIB // len(one)), 20)
    still_serves(hubbub)
    end = time.monotonic() + 30
    while memory(hubbub) > before + KEPT and time.monotonic() < end:
        time.sleep(0.5)
    after = memory(hubbub)
    told = f"before {before / MIB:.0f}, most {most / MIB:.0f}, after {after / MIB:.0f} MiB"
    print(told)  # noqa: T201 - a figure for who runs it
    assert after <= before + KEPT, told
    assert most <= before + 3 * KEPT, told


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (20 * MIB),
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * (3 * MIB),
        request("/ws/chat/general/")[:-2] + b"X: y\r\n" * (3 * MIB),
        b"\r\n" * (10 * MIB),
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * MIB,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        + b"X: y\r\n" * MIB,
    ],
    ids=["one header", "headers", "handshake", "empty lines", "chunks", "trailers"],
)
def test_what_does_not_end_costs_neither_memory_nor_time(hubbub, data):
    still_serves(hubbub)
    before, worked = memory(hubbub), processor(hubbub)
    most = flood_from(hubbub, 3, data, 5)
    still_serves(hubbub)
    assert most <= before + KEPT
    assert processor(hubbub) - worked < 3


def test_who_says_nothing_or_half_of_it_is_gone_within_the_deadlines(hubbub):
    kinds = [
        b"",
        b"GET / HT",
        request("/ws/chat/general/")[:-2],
        b"POST /api/counter/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx",
    ]
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(hubbub.port)) for _ in range(60) for _ in kinds]
        for number, peer in enumerate(peers):
            peer.write(kinds[number % len(kinds)])
        end = time.monotonic() + 45
        waiting = list(peers)
        while waiting and time.monotonic() < end:
            for peer in waiting[:]:
                peer._socket.settimeout(0.01)
                try:
                    if not peer._socket.recv(4096):
                        waiting.remove(peer)
                except TimeoutError:
                    pass
                except ConnectionError:
                    waiting.remove(peer)
            time.sleep(0.2)
        assert not waiting, f"{len(waiting)} of {len(peers)} are still there"
        still_serves(hubbub)


def test_unfinished_requests_do_not_hold_a_stop_up_and_leave_no_traceback(hubbub):
    kinds = [
        b"",
        b"GET / HT",
        b"POST /api/notifications/send/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
        b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
    ]
    with ExitStack() as stack:
        for data in kinds * 5:
            stack.enter_context(Peer(hubbub.port)).write(data)
        still_serves(hubbub)
        began = time.monotonic()
        assert hubbub.stop() == 0
    assert time.monotonic() - began < 10
    assert "Traceback" not in hubbub.output()
