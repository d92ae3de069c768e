"""Where lines go: to the project's handlers, and where there are none to standard error."""

from __future__ import annotations

import logging
import sys

from hubbub import conf
from hubbub.errors import SettingError
from hubbub.observe.render import Formatter

house = logging.getLogger("hubbub")


class StandardError(logging.Handler):
    """Writes to standard error. A server outlives its reader, a full disk, and a closed file."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or drop it where nobody can be told."""
        if sys.stderr is None:
            return
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # a file that is closed raises the latter
            return


class Fallback(StandardError):
    """Speaks where nobody else hears: Django's own LOGGING has handlers for Django alone."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, unless the project has a handler that was given it too."""
        if not heard_by_others(logging.getLogger(record.name)):
            super().emit(record)


def heard_by_others(logger: logging.Logger | None) -> bool:
    """Whether a record of this logger reaches a handler beside the fallback."""
    while logger is not None:
        if any(handler is not fallback for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


fallback = Fallback()


def listen() -> None:
    """See to it that our events are heard, whatever has been configured meanwhile."""
    if fallback not in house.handlers:
        house.addHandler(fallback)


def set_up() -> None:
    """Log as the settings say; a level that LOGGING gave to `hubbub` is left to it."""
    try:
        settings = conf.current()
    except SettingError:  # the system checks tell of it
        return
    fallback.setFormatter(Formatter(settings.log_format))
    if house.level == logging.NOTSET:
        house.setLevel(settings.log_level)
    listen()
