"""For the tests of a project: members of its rooms, inboxes and counters, and a bus that lies.

Nothing has to be set up: that this process tests is noticed (`hubbub/testcases.py`).
"""

from hubbub.testing.dial import Closed, Goodbye, Refused
from hubbub.testing.live import live_server
from hubbub.testing.lying import LyingBus, lies
from hubbub.testing.member import Member
from hubbub.testing.quiet import settle
from hubbub.testing.waiting import WaitingMember

__all__ = [
    "Closed",
    "Goodbye",
    "LyingBus",
    "Member",
    "Refused",
    "WaitingMember",
    "lies",
    "live_server",
    "settle",
]
