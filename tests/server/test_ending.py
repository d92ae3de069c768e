"""How an HTTP connection ends whose peer is gone already."""

from unittest.mock import Mock

from hubbub.server.ending import hang_up


def test_a_peer_that_is_gone_unheard_stops_nobody_who_hangs_up():
    line = Mock(eof=False)
    line.transport.write_eof.side_effect = OSError("not connected")
    line.transport.get_write_buffer_size.return_value = 0
    hang_up(line)
    assert line.deaf
    line.wait.assert_called_with(line.host.linger_deadline)
