"""Who serves static files without DEBUG."""

import pytest
from django.apps import apps

from hubbub import project
from hubbub.static_files import check_static_files


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    monkeypatch.setenv(project.MODULE, "shop.settings")
    settings.DEBUG = False
    settings.STATIC_ROOT = None
    settings.STATIC_URL = "/static/"
    monkeypatch.setattr(apps, "is_installed", lambda name: True)
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    return settings


def test_nobody_does():
    assert [warning.id for warning in check_static_files()] == ["hubbub.W012"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", True),
        ("STATIC_ROOT", "/srv/static"),
        ("STATIC_URL", "https://cdn.example/static/"),
        ("MIDDLEWARE", ["whitenoise.middleware.WhiteNoiseMiddleware"]),
        ("MIDDLEWARE", ["servestatic.middleware.ServeStaticMiddleware"]),
    ],
)
def test_somebody_does(shop, name, value):
    setattr(shop, name, value)
    assert check_static_files() == []


def test_there_are_none(monkeypatch):
    monkeypatch.setattr(apps, "is_installed", lambda name: False)
    assert check_static_files() == []


def test_the_site_does(monkeypatch):
    monkeypatch.setenv(project.MODULE, project.SITE)
    assert check_static_files() == []
