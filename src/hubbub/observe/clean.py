"""What came from outside, made fit for a log: short, on one line, and without a credential."""

from __future__ import annotations

import re

#: Characters of one field; a browser's longest origins and user agents are shorter.
LONGEST = 200
CUT = "…"
#: A token can come in a URL, in a header that somebody logs, or in a subprotocol's name; a session
#: in a cookie; and PostgreSQL's DETAIL repeats the row, and so what somebody said.
CREDENTIAL = re.compile(
    r"""(?ix)
    ( (?:token|ticket)(?:=|%3d) | bearer(?:\s+|\.|%20) | \w*session\w*= | password= | csrf\w*= )
    [^\s&"'<>,;]+
    """
)
TOKEN = re.compile(r"hubt?_[A-Za-z0-9_-]{8,}")
DETAIL = re.compile(r"(?m)^(\s*DETAIL:).*")
HIDDEN = "[hidden]"


def clean(value: object) -> str | int | float | None:
    """A value as a field of a line: numbers stay, all else is text of `LONGEST` at most."""
    if value is None or isinstance(value, (int, float)):
        return value
    # A peer's text may be long: what is cut off anyway is not looked at.
    text = value[: LONGEST + 1].decode("latin-1") if isinstance(value, bytes) else str(value)
    return escape(redact(text[:LONGEST] + CUT if len(text) > LONGEST else text))


def escape(text: str) -> str:
    """The text on one line: control characters, line breaks and lone surrogates are spelt out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def redact(text: str) -> str:
    """The text without credentials."""
    text = CREDENTIAL.sub(rf"\1{HIDDEN}", text)
    return DETAIL.sub(rf"\1 {HIDDEN}", TOKEN.sub(HIDDEN, text))


def sentence_of(error: BaseException) -> str:
    """An exception in a line: its type, and the first line of its text."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
