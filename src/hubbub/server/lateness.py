"""What becomes of an HTTP connection whose peer has let the time pass, one verdict a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.server.ending import abort, hang_up, refuse
from hubbub.server.head import RequestError

if TYPE_CHECKING:
    from hubbub.server.line import Line

#: Bytes a second of a body, or of an answer, over the time of the deadline; fewer are too slow.
RATE = 500


def late_head(line: Line) -> None:
    """Say 408 to a peer that has begun; one that has said nothing has asked nothing."""
    if line.reader.buffer:
        refuse(line, RequestError(408, "The request took too long"))
    else:
        abort(line, "silent")


def late_body(line: Line) -> None:
    """Go on with a body that comes fast enough, or that the application is slow to take."""
    if line.lags() or line.received >= RATE * line.host.body_deadline.seconds:
        line.received = 0
        line.wait(line.host.body_deadline)
    else:
        refuse(line, RequestError(408, "The body took too long"))


def late_reader(line: Line) -> None:
    """Go on with an answer that is read fast enough."""
    unsent = line.transport.get_write_buffer_size()
    if line.unsent - unsent >= RATE * line.host.answer_deadline.seconds:
        line.watch_answer()
    else:
        abort(line, "its answer is not read")


def late_idle(line: Line) -> None:
    """Close a connection without a request."""
    hang_up(line)


def late_surplus(line: Line) -> None:
    """Say to a connection that there is no room for it."""
    if line.seat is not None and line.seat.refusal is not None:
        refuse(line, line.seat.refusal)


def late_linger(line: Line) -> None:
    """Cut a peer that had the time to read its last answer, or is still reading it."""
    if line.transport.get_write_buffer_size():
        line.wait(line.host.linger_deadline)  # the answer has a deadline of its own
    else:
        line.transport.abort()


def late_half_closed(line: Line) -> None:
    """Give a peer up that will send no more, and whose answer takes long; not one amid reading."""
    if line.paused:
        line.wait(line.host.half_closed_deadline)  # what it reads has a deadline of its own
    else:
        abort(line, "half closed")
