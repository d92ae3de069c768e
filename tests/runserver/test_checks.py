"""Whose `manage.py runserver` starts."""

import shutil
import subprocess
import sys

import pytest

from tests.projects import add, new_project
from tests.servers import environment


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    without = 'INSTALLED_APPS.remove("hubbub.runserver")\n'
    return new_project(tmp_path_factory.mktemp("shop"), without)


@pytest.fixture
def project(made, tmp_path):
    return shutil.copytree(made, tmp_path / "shop")


def check(project, *words):
    """What a command of a project says before it does anything."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=project,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stderr


#: It only checks: nothing listens.
ONLY_CHECKS = """
import django.core.management.commands.runserver as command
command.run = lambda *args, **options: None
"""


def test_djangos_own_says_what_is_to_be_done(project):
    add(project, "settings", ONLY_CHECKS)
    said = check(project, "runserver", "--noreload", "0")
    assert "(hubbub.W010) This runserver is Django's own: it has no WebSockets" in said
    assert 'Put "hubbub.runserver" first in INSTALLED_APPS' in said


def test_other_commands_do_not(project):
    assert "hubbub.W010" not in check(project, "check")


def test_ours_must_come_before_that_of_the_static_files(project):
    add(project, "settings", 'INSTALLED_APPS += ["hubbub.runserver"]\n')
    said = check(project, "check")
    assert "(hubbub.E010) manage.py runserver is that of django.contrib.staticfiles" in said


def test_one_that_builds_on_ours_may_come_first(project):
    folder = project / "till" / "management" / "commands"
    folder.mkdir(parents=True)
    (folder / "runserver.py").write_text(
        "from hubbub.runserver.management.commands.runserver import Command as Ours\n"
        "class Command(Ours):\n    default_port = '9000'\n"
    )
    add(project, "settings", "INSTALLED_APPS = ['till', 'hubbub.runserver', *INSTALLED_APPS]\n")
    assert "hubbub.E010" not in check(project, "check")
