"""A record as one readable line, or as one line of JSON; with a traceback below it or in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from structlog.processors import JSONRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter

from hubbub.observe.clean import escape, redact
from hubbub.observe.events import COMMON, EVENTS

if TYPE_CHECKING:
    import logging
    from collections.abc import MutableMapping

Format = Literal["lines", "json"]


class Formatter(ProcessorFormatter):
    """Formats records of anybody, ours and foreign ones, without a credential in the result."""

    def __init__(self, style: Format = "lines") -> None:
        last = render_json if style == "json" else render_line
        super().__init__(processors=[format_exc_info, hide, last])


def hide(_: Any, __: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the credentials out of a message and a traceback; fields were cleaned before."""
    for name in ("event", "exception"):
        if name in told:
            told[name] = redact(told[name])
    return told


def render_json(_: Any, __: str, told: MutableMapping[str, Any]) -> str:
    """`{"time": …, "level": …, "logger": …, "event": …}` and the fields; a traceback is one."""
    record: logging.LogRecord = told["_record"]
    line = {
        "time": time_of(record),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": told["event"],
        **fields_of(record),
    }
    if "exception" in told:
        line["exception"] = told["exception"]
    text = to_json(None, "", line)
    return text if isinstance(text, str) else text.decode()


def render_line(_: Any, __: str, told: MutableMapping[str, Any]) -> str:
    """`<time> <LEVEL> <logger>: <message>`; a traceback is set in, so that no line of it is one."""
    record: logging.LogRecord = told["_record"]
    line = f"{time_of(record)} {record.levelname} {record.name}: {escape(told['event'])}"
    if "exception" not in told:
        return line
    return "\n    ".join([line, *map(escape, told["exception"].splitlines())])


def time_of(record: logging.LogRecord) -> str:
    """When, in UTC, as ISO 8601 has it."""
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of an event of ours, its name first; of a foreign line, how many were held."""
    event = EVENTS.get(getattr(record, "event", ""))
    names = COMMON if event is None else (*COMMON, *event.fields)
    return {name: value for name in names if (value := getattr(record, name, None)) is not None}


to_json = JSONRenderer(ensure_ascii=False)
