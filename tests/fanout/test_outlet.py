import inspect

import pytest

from hubbub.fanout.outlet import Outlet, Receiver, Socket
from hubbub.server.call import Call
from hubbub.server.carrier import Carrier
from hubbub.server.protocol import WebSocket
from hubbub.sockets.asgi import ASGIOutlet
from hubbub.sockets.connection import Connection


def members(contract):
    """The names that a Protocol and those above it ask for."""
    return {
        name
        for kind in contract.__mro__
        if getattr(kind, "_is_protocol", False)
        for name in (*vars(kind), *inspect.get_annotations(kind))
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("contract", "kind"),
    [
        (Outlet, ASGIOutlet),
        (Socket, WebSocket),
        (Carrier, WebSocket),
        (Receiver, Call),
        (Receiver, Connection),
    ],
)
def test_whoever_is_taken_for_one_can_do_all_that_it_asks(contract, kind):
    given = set(dir(kind)) | set(kind.__init__.__code__.co_names)
    assert members(contract) <= given


def test_an_outlet_is_three_methods():
    assert members(Outlet) == {"write", "close", "buffered"}
