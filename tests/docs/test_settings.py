"""`docs/settings.md` has a line for each setting, with its default and its meaning."""

from pathlib import Path

import pytest

from hubbub.conf import Rate, Settings
from hubbub.site.environment import Environment, variable

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "settings.md"
UNITS = {1: "s", 60: "m", 3600: "h"}
SITE_ONLY = [name for name in Environment.model_fields if name not in Settings.model_fields]


def shown(value):
    if isinstance(value, Rate):
        return f"`{value[0]}/{UNITS[value[1]]}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`" if value else "none"
    return "off" if value is None else f"`{value}`"


def row(model, name):
    field = model.model_fields[name]
    default = "none" if name in ("secret_key", "database_url") else shown(field.default)
    return f"| `{variable(name)}` | {default} | {field.description} |"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_of_hubbub_is_documented(name):
    assert row(Settings, name) in DOCUMENT.read_text().splitlines()


@pytest.mark.parametrize("name", SITE_ONLY)
def test_each_setting_of_the_site_is_documented(name):
    assert row(Environment, name) in DOCUMENT.read_text().splitlines()


def test_no_setting_is_documented_that_is_none():
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `HUBBUB_")]
    assert len(lines) == len(Environment.model_fields)
