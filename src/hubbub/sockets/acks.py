"""What became of a request for an event: an ack, where it had an `id`, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.errors import Refusal
from hubbub.fanout.frame import frame_of

if TYPE_CHECKING:
    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Outcome
    from hubbub.sockets.client import Client


def tell_outcome(
    client: Client,
    hub: Hub,
    request_id: str | None,
    payload: str | bytes,
    outcome: Outcome,
) -> None:
    """Tell who asked; the ack leaves in the same write as the event itself."""
    if isinstance(outcome, Refusal):
        client.fail(outcome, payload)
    elif request_id is not None:
        hub.answer(client.outlet, ack_frame(request_id, outcome.seq, outcome.timestamp))


def ack_frame(request_id: str, seq: int, timestamp: str) -> bytes:
    """The first time and every time that the same request comes again: the same frame."""
    return frame_of({"type": "ack", "id": request_id, "seq": seq, "timestamp": timestamp})


def taken_frame(request_id: str) -> bytes:
    """The ack of what is told and not stored: it was taken."""
    return frame_of({"type": "ack", "id": request_id})
