"""The catalogue: every event that is logged, by name. `docs/logs.md` is this page for operators.

`report(HANDSHAKE_REFUSED, "origin", origin=..., address=...)` in `report.py` logs one. A reason is
a word or two of our own, never a peer's: a minute has one line of an event and a reason.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from logging import DEBUG, ERROR, INFO, WARNING

#: The fields that any event may have beside its own.
COMMON = ("event", "reason", "error", "held")

EVENTS: dict[str, Event] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Event:
    """One event: on which logger, how loud, and which fields it carries beside COMMON's."""

    name: str
    logger: logging.Logger
    level: int
    fields: tuple[str, ...]


def event(name: str, room: str, level: int, fields: str = "") -> Event:
    """Enter an event in the catalogue; its logger is `hubbub.<room>`."""
    logger = logging.getLogger(f"hubbub.{room}")
    EVENTS[name] = Event(name, logger, level, tuple(fields.split()))
    return EVENTS[name]


#: What is known of a refusal, at either door.
REFUSAL = "status method path address user"

# The server's life.
SERVER_STARTED = event("server_started", "server", INFO, "version host port")
SERVER_STOPPING = event("server_stopping", "server", INFO, "connections")
SERVER_STOPPED = event("server_stopped", "server", INFO, "connections seconds")
NO_FILES_LEFT = event("no_files_left", "server", ERROR, "limit connections")
TLS_REFUSED = event("tls_refused", "server", INFO)
HTTP_INVALID = event("http_invalid", "server", INFO, "status address")
HTTP_CUT_SHORT = event("http_cut_short", "server", INFO, "address method path")

# Sockets.
HANDSHAKE_REFUSED = event(
    "handshake_refused", "sockets", WARNING, "status path origin host address"
)
CONNECTIONS_FOLLOWED = event("connections_followed", "sockets", INFO, "by")
JOINED = event("joined", "sockets", DEBUG, "path address user")
LEFT = event("left", "sockets", DEBUG, "path address user code")
MEMBER_TOO_SLOW = event("member_too_slow", "sockets", WARNING, "code address")
CONNECTION_CLOSED = event("connection_closed", "sockets", INFO, "code address")
CONNECTION_FAILED = event("connection_failed", "sockets", ERROR, "path address user stream")
UNSUBSCRIBED = event("unsubscribed", "sockets", INFO, "path address user stream code")
REQUEST_REFUSED = event("request_refused", "sockets", INFO, REFUSAL)

# Who speaks, and how often.
CREDENTIAL_REFUSED = event("credential_refused", "accounts", INFO, REFUSAL)
GRANTS_UNKNOWN = event("grants_unknown", "accounts", WARNING)
KEYS_UNKNOWN = event("keys_unknown", "accounts", WARNING)
NAME_FAILED = event("name_failed", "accounts", ERROR)
RATE_LIMITED = event("rate_limited", "limits", INFO, REFUSAL)
OVERLOADED = event("overloaded", "limits", WARNING, REFUSAL)

# HTTP.
HTTP_REFUSED = event("http_refused", "http", INFO, REFUSAL)
HTTP_FAILED = event("http_failed", "http", ERROR, "status method path address")
NOT_READY = event("not_ready", "http", WARNING)

COUNT_UNTOLD = event("count_untold", "notifications", WARNING)

# What the server needs.
DATABASE_AWAY = event("database_away", "journal", WARNING)
DATABASE_BACK = event("database_back", "journal", WARNING, "seconds")
DATABASE_LOG_GONE = event("database_log_gone", "journal", ERROR)
NOTICES_UNHEARD = event("notices_unheard", "journal", WARNING)
NOTICES_HEARD = event("notices_heard", "journal", WARNING, "seconds")
STORING_REFUSED = event("storing_refused", "journal", WARNING, "field")
STORING_FAILED = event("storing_failed", "journal", ERROR, "events")
ANSWERING_FAILED = event("answering_failed", "journal", ERROR)
MEMBERS_SENT_AWAY = event("members_sent_away", "journal", WARNING, "stream")
FORKED_AT_WORK = event("forked_at_work", "journal", WARNING, "threads")
PROCESSES_APART = event("processes_apart", "journal", ERROR, "hint")
STREAMS_LOST = event("streams_lost", "journal", ERROR, "streams")

# Who may.
PERMISSION_FAILED = event("permission_failed", "streams", WARNING, "decision stream")
PERMISSION_UNKNOWN = event("permission_unknown", "streams", WARNING, "stream")

# A project's own kinds.
EVENT_NOT_MADE = event("event_not_made", "streams", ERROR, "stream")
EVENT_NOT_SHOWN = event("event_not_shown", "streams", ERROR, "stream seq")
EVENT_SHOWN_LATE = event("event_shown_late", "streams", WARNING, "stream seconds")

# Channels.
EVENT_UNHEARD = event("event_unheard", "fanout", WARNING, "group channel type hint")
EVENT_KEYS_DROPPED = event("event_keys_dropped", "fanout", WARNING, "group type keys hint")
CHANNEL_FULL = event("channel_full", "fanout", WARNING, "channel")
MEMBER_FAILED = event("member_failed", "fanout", ERROR)
