"""How the site logs: one line an event on standard error, and no credential in any of them."""

from __future__ import annotations

import logging
import re
from typing import Any

#: A token can come in a URL, in a header that somebody logs, or in a subprotocol's name.
CREDENTIAL = re.compile(r"""(?ix) ( token(?:=|%3d) | bearer(?:\s+|\.|%20) ) [^\s&"'<>,;]+""")


class Formatter(logging.Formatter):
    """Formats as usual, tracebacks included, and takes the credentials out of the result."""

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines of a record."""
        return CREDENTIAL.sub(r"\1[hidden]", super().format(record))


def logging_config(level: str) -> dict[str, Any]:
    """Django's LOGGING: everything through the one handler."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "hubbub.site.logs.Formatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print a second time, past the formatter.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
