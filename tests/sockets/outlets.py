"""What stands in for a server's socket."""

from __future__ import annotations

import json

from hubbub.fanout.frame import read_texts


class Seat:
    """Notes when it is given back."""

    def __init__(self, released=None):
        self._released = [] if released is None else released

    def release(self):
        self._released.append(True)


class Outlet:
    """Notes what is written to it, and how it was closed."""

    def __init__(self):
        self.frames = []
        self.goodbyes = []

    def write(self, data):
        self.frames += [json.loads(text) for text in read_texts(data)]

    def close(self, close):
        self.goodbyes.append((close.code, close.reason))

    def buffered(self):
        return 0
