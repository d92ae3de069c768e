"""What a room says while those are away who will resume: posted over HTTP."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from benchmarks.process import ServerError

TEXT = "bench~{:08x} the quick brown fox jumps over the lazy dog, twice"  # as load/ finds them
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Missed:
    """Where those who resume stopped: the seq before the first message that they missed."""

    since: int
    epoch: str

    @property
    def query(self) -> str:
        """What they add to the path."""
        return f"?since={self.since}&epoch={self.epoch}"


def post_missed(port: int, room: str, number: int) -> Missed:
    """Post `number` messages, the numbers 0, 1, 2 ... in their text."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    path = f"/api/chat/{room}/messages/"
    try:
        for index in range(number):
            _ask(connection, "POST", path, {"message": TEXT.format(index), "username": "bench"})
        page = _ask(connection, "GET", f"{path}?limit=1")
    finally:
        connection.close()
    return Missed(page["seq"] - number, page["epoch"])


def _ask(
    connection: HTTPConnection, method: str, path: str, body: dict[str, str] | None = None
) -> dict[str, Any]:
    content = None if body is None else json.dumps(body)
    try:
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, HTTPException) as error:
        raise ServerError(f"{method} {path} failed: {error}") from error
    if answer.status != 200:
        raise ServerError(f"{method} {path} was answered {answer.status}")
    data: dict[str, Any] = json.loads(text)["data"]
    return data
