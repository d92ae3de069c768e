"""An event becomes one record: a message in a line, and its fields."""

from threading import enumerate as enumerate_threads
from time import perf_counter

from hubbub.observe import flood
from hubbub.observe import report as reports
from hubbub.observe.events import CONNECTION_FAILED, HANDSHAKE_REFUSED, JOINED, STORING_REFUSED
from hubbub.observe.held import tell
from hubbub.observe.report import report


def waiting_threads():
    return [one for one in enumerate_threads() if one.name == "hubbub-log"]


def wait_for_the_thread_to_end():
    for thread in waiting_threads():
        thread.join(30)
        assert not thread.is_alive()


def refuse(number=1, reason="origin"):
    for _ in range(number):
        report(HANDSHAKE_REFUSED, reason, status=403, origin="https://x.example", address="::1")


def test_the_message_is_the_event_and_its_fields_in_a_line(caplog):
    refuse()
    (record,) = caplog.records
    assert record.name == "hubbub.sockets"
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        "handshake_refused reason=origin status=403 origin=https://x.example address=::1"
    )


def test_the_fields_are_attributes_of_the_record(caplog):
    refuse()
    (record,) = caplog.records
    assert (record.event, record.reason, record.status) == ("handshake_refused", "origin", 403)


def test_a_field_without_a_value_is_left_out(caplog):
    report(HANDSHAKE_REFUSED, "path", status=404, origin=None, address="")
    assert caplog.messages == ["handshake_refused reason=path status=404"]
    assert not hasattr(caplog.records[0], "origin")


def test_a_peers_words_can_neither_begin_a_line_nor_be_a_field(caplog):
    report(HANDSHAKE_REFUSED, "origin", origin='x\n2026 INFO y" address=127.0.0.1', host="100% %s")
    (message,) = caplog.messages
    assert "\n" not in message
    assert r'origin="x\\n2026 INFO y\" address=127.0.0.1" host="100% %s"' in message


def test_a_flood_is_one_line_and_a_count(caplog):
    refuse(1000)
    assert len(caplog.messages) == 1
    tell()
    assert caplog.messages[1].endswith("held=999")
    assert caplog.records[1].held == 999
    tell()
    assert len(caplog.messages) == 2


def test_another_reason_is_another_kind(caplog):
    refuse(5, "origin")
    refuse(5, "path")
    assert [record.reason for record in caplog.records] == ["origin", "path"]


def test_the_count_comes_even_if_nothing_follows(caplog, monkeypatch):
    monkeypatch.setattr(flood, "WINDOW", 0.05)
    refuse(3)
    wait_for_the_thread_to_end()
    assert caplog.messages[1].endswith("held=2")


def test_no_thread_waits_where_nothing_is_held_back():
    wait_for_the_thread_to_end()
    refuse()
    assert not waiting_threads()
    refuse()
    assert len(waiting_threads()) == 1


def test_an_error_is_told_with_its_traceback_and_the_count_without(caplog):
    for _ in range(3):
        report(CONNECTION_FAILED, "ValueError", error=ValueError("one\ntwo"))
    tell()
    first, second = caplog.records
    assert first.exc_info[1].args == ("one\ntwo",)
    assert second.exc_info is None
    assert second.getMessage() == (
        'connection_failed reason=ValueError error="ValueError: one" held=2'
    )


def test_a_warning_tells_of_an_error_in_its_line_alone(caplog):
    report(STORING_REFUSED, error=ValueError("no"))
    assert caplog.records[0].exc_info is None
    assert caplog.messages == ['storing_refused error="ValueError: no"']


def test_at_debug_each_one_is_told(caplog):
    with caplog.at_level("DEBUG", "hubbub"):
        for _ in range(3):
            report(JOINED, group="chat_a", members=1)
    assert len(caplog.messages) == 3


def test_what_is_below_the_level_costs_a_look_at_the_level(caplog, monkeypatch):
    monkeypatch.setattr(reports, "record_of", None)
    monkeypatch.setattr(reports, "flood", None)
    report(JOINED, group="chat_a")
    with caplog.at_level("ERROR", "hubbub"):
        refuse()


def test_what_is_held_back_costs_no_line(caplog, monkeypatch):
    refuse(2)
    monkeypatch.setattr(reports, "record_of", None)
    began = perf_counter()
    refuse(10_000)
    assert perf_counter() - began < 1  # 15 ms; a line is 20 times that


def test_a_logger_that_was_disabled_in_passing_is_heard(caplog):
    HANDSHAKE_REFUSED.logger.disabled = True
    refuse()
    assert len(caplog.messages) == 1
