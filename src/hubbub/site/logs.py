"""How the site logs: everything on standard error, ours and foreign lines in the same format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubbub.observe.render import Format


def logging_config(level: str, style: Format) -> dict[str, Any]:
    """Django's LOGGING: everything through the one handler."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": "hubbub.observe.render.Formatter", "style": style}},
        "filters": {"flood": {"()": "hubbub.observe.held.Foreign"}},
        "handlers": {
            "console": {
                "class": "hubbub.observe.handler.StandardError",
                "formatter": "ours",
                "filters": ["flood"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print a second time, past the formatter.
            "django": {"handlers": [], "level": level, "propagate": True},
            # At DEBUG it tells statements with what is in them, and so what somebody said.
            "django.db.backends": {"level": "INFO"},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
