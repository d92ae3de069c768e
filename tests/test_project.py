"""Which Django project a command works for."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from hubbub import conf, listening, project
from hubbub.errors import SettingError
from hubbub.site.environment import environment


@pytest.fixture
def site(monkeypatch):
    """As if the stand-alone site were chosen; nothing of it is set up."""
    monkeypatch.setenv(project.MODULE, project.SITE)
    for name in ("HUBBUB_ALLOWED_HOSTS", "HUBBUB_DATA"):
        monkeypatch.setenv(name, "")
    environment.cache_clear()
    yield monkeypatch
    environment.cache_clear()


def test_the_site_is_asked_for_under_its_address(site):
    project.choose(data="elsewhere", host="192.0.2.7")
    assert os.environ["HUBBUB_DATA"] == "elsewhere"
    assert environment().allowed_hosts == ("localhost", "127.0.0.1", "[::1]", "192.0.2.7")
    project.choose(host="2001:db8::7")
    assert environment().allowed_hosts[-1] == "[2001:db8::7]"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1", "::1"])
def test_no_name_is_added_for_every_address(site, host):
    project.choose(host=host)
    assert environment().allowed_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_all_names_are_enough(site):
    site.setenv("HUBBUB_ALLOWED_HOSTS", "*")
    project.choose(host="192.0.2.7")
    assert environment().allowed_hosts == ("*",)


def test_settings_that_cannot_be_are_a_sentence(monkeypatch):
    def fail():
        raise ImproperlyConfigured("The SECRET_KEY setting must not be empty.")

    monkeypatch.setattr(conf, "current", fail)
    with pytest.raises(SettingError, match="SECRET_KEY"):
        project.check_environment()


def test_djangos_commands_are_named_as_they_are_reached(monkeypatch):
    monkeypatch.setenv(project.MODULE, "shop.settings")
    assert project.manage_command() == "python manage.py"
    monkeypatch.setenv(project.MODULE, project.SITE)
    assert project.manage_command() == "hubbub manage"


def test_a_server_for_others_is_told_what_is_open(site, settings):
    settings.HUBBUB_NOTIFICATIONS_SEND = "anyone"
    assert len(listening.exposures("0.0.0.0")) == 2
    assert len(listening.exposures("192.0.2.7")) == 1


def test_a_server_that_was_set_up_for_others_is_not(site):
    site.setenv("HUBBUB_NOTIFICATIONS_SEND", "staff")
    site.setenv("HUBBUB_ALLOWED_HOSTS", "chat.example")
    environment.cache_clear()
    assert listening.exposures("0.0.0.0") == []


def test_the_site_tells_it_when_it_greets(site, capsys, settings):
    settings.HUBBUB_NOTIFICATIONS_SEND = "anyone"
    listening.greet("192.0.2.7", 8000)
    assert "HUBBUB_NOTIFICATIONS_SEND=staff" in capsys.readouterr().err
    listening.greet("127.0.0.1", 8000)
    assert capsys.readouterr().err == ""


@pytest.fixture
def shop(monkeypatch):
    """A project, in an environment without any variable of ours."""
    monkeypatch.setenv(project.MODULE, "shop.settings")
    for name in [name for name in os.environ if name.startswith(conf.PREFIX)]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_a_project_is_told_which_variables_only_the_site_reads(shop):
    shop.setenv("HUBBUB_HTTPS", "true")
    shop.setenv("HUBBUB_RATE_LIMIT", "off")
    [warning] = project.check_variables()
    assert warning.msg == (
        "The environment has HUBBUB_RATE_LIMIT, HUBBUB_HTTPS,"
        " which only the stand-alone site reads."
    )
    shop.setenv(project.MODULE, project.SITE)
    assert project.check_variables() == []


def test_not_of_one_that_its_settings_say_too_nor_of_a_secret_nor_of_an_empty_one(shop, settings):
    settings.HUBBUB_LOG_FORMAT = "lines"
    variables = {"LOG_FORMAT": "json", "DATABASE_URL": "sqlite:////tmp/x", "HTTPS": ""}
    for name, value in variables.items():
        shop.setenv(conf.PREFIX + name, value)
    assert project.check_variables() == []
