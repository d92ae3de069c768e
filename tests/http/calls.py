"""HTTP calls to a real server, and what comes back."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request

from tests.servers import opener


class Answer(NamedTuple):
    """A status, the JSON, and the headers."""

    status: int
    body: dict[str, Any]
    headers: Any

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return self.body["data"]

    @property
    def refusal(self) -> tuple[int, str]:
        assert self.body["status"] == "error"
        return self.status, self.body["message"]


def call(url: str, body: object = None, *, bearer: str = "", method: str | None = None) -> Answer:
    """GET, or POST of a body."""
    headers = {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(url, None if body is None else data, headers, method=method)
    try:
        with opener.open(request, timeout=15) as answer:
            return Answer(answer.status, json.load(answer), answer.headers)
    except HTTPError as error:
        with error:
            return Answer(error.code, json.load(error), error.headers)
