"""Which settings a manage.py chooses."""

import pytest

from hubbub.manage_file import named_settings

DJANGOS = '''
import os
import sys

def main():
    """Run administrative tasks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)

raise SystemExit("it was run")
'''


def settings_of(tmp_path, text):
    path = tmp_path / "manage.py"
    path.write_text(text)
    return named_settings(path)


def test_as_django_writes_it_it_is_read_and_not_run(tmp_path):
    assert settings_of(tmp_path, DJANGOS) == {"shop.settings"}


@pytest.mark.parametrize(
    "text",
    [
        "environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'",
        "os.environ.update(DJANGO_SETTINGS_MODULE='shop.settings')",
        "os.environ.update({'DJANGO_SETTINGS_MODULE': 'shop.settings'})",
        "os.environ |= {**others, 'DJANGO_SETTINGS_MODULE': 'shop.settings'}",
        "OURS = 'shop.settings'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', OURS)",
        "NAME = 'DJANGO_SETTINGS_MODULE'\nos.environ.setdefault(NAME, 'shop.settings')",
        "# -*- coding: latin-1 -*-\nenviron['DJANGO_SETTINGS_MODULE'] = 'shop.settings'",
        "x.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nf('DJANGO_SETTINGS_MODULE', y)",
    ],
)
def test_other_ways_to_write_it(tmp_path, text):
    assert settings_of(tmp_path, text) == {"shop.settings"}


def test_one_for_tests_and_one_for_the_rest(tmp_path):
    text = "environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')"
    both = f"if x:\n    {text.format('shop.tests')}\nelse:\n    {text.format('shop.settings')}"
    assert settings_of(tmp_path, both) == {"shop.settings", "shop.tests"}


def test_what_only_shows_when_it_runs(tmp_path):
    text = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', f'shop.{stage}')"
    assert settings_of(tmp_path, text) == set()
    assert settings_of(tmp_path, "environ.setdefault('DJANGO_SETTINGS_MODULE', X)") == set()


def test_a_file_of_another_kind(tmp_path):
    assert settings_of(tmp_path, "print('hello')") is None


def test_a_file_that_is_no_python(tmp_path):
    with pytest.raises(SyntaxError):
        settings_of(tmp_path, "os.environ['DJANGO_SETTINGS_MODULE'] = = 'shop'")
