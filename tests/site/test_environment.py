"""What the stand-alone site reads from the environment."""

from pathlib import Path

import pytest

from hubbub.conf import Rate
from hubbub.errors import SettingError
from hubbub.site.environment import environment, strangers


@pytest.fixture
def read(monkeypatch):
    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"HUBBUB_{name}", value)
        environment.cache_clear()
        return environment()

    yield read
    environment.cache_clear()


def test_nothing_given(read):
    settings = read()
    assert settings.data == Path("var")
    assert settings.rate_limit == Rate(100, 60)
    assert settings.notifications_send == "anyone"
    assert settings.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert not settings.debug


def test_everything_is_written_as_a_person_would(read):
    settings = read(
        RATE_LIMIT="off",
        RATE_LIMIT_USER="5/s",
        MAX_MEMBERS="300",
        MAX_CONNECTIONS="none",
        ALLOWED_HOSTS="a.example, b.example",
        CHAT_REQUIRES_USER="yes",
        PING_INTERVAL="7.5",
        LOG_LEVEL="debug",
        SQLITE_SYNCHRONOUS="full",
        DATABASE_URL="",
    )
    assert settings.rate_limit is None
    assert settings.rate_limit_user == Rate(5, 1)
    assert settings.max_members == 300
    assert settings.max_connections is None
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.chat_requires_user
    assert settings.ping_interval == 7.5
    assert settings.log_level == "DEBUG"
    assert settings.sqlite_synchronous == "FULL"
    assert settings.database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATE_LIMIT", "many"),
        ("MAX_MEMBERS", "-1"),
        ("DEBUG", "perhaps"),
        ("NOTIFICATIONS_SEND", "nobody"),
        ("LOG_LEVEL", "LOUD"),
        ("SQLITE_SYNCHRONOUS", "OFF"),
        ("DRAIN_SECONDS", "soon"),
    ],
)
def test_a_wrong_value_is_named(read, name, value):
    with pytest.raises(SettingError, match=f"HUBBUB_{name}: .*{value}"):
        read(**{name: value})


def test_every_wrong_value_is_named_at_once(read):
    with pytest.raises(SettingError) as caught:
        read(RATE_LIMIT="many", DEBUG="perhaps")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "HUBBUB_RATE_LIMIT",
        "HUBBUB_DEBUG",
    ]


def test_a_secret_is_not_repeated(read):
    with pytest.raises(SettingError, match="HUBBUB_SECRET_KEY") as caught:
        read(SECRET_KEY="too short")
    assert "too short" not in str(caught.value)


def test_a_stranger_is_named_with_what_was_meant():
    known = {"HUBBUB_RATE_LIMIT": "off", "HOME": "/", "PORT": "1"}
    assert strangers(known) == []
    assert strangers(known | {"HUBBUB_RATE_LIMT": "off", "HUBBUB_XYZZY": "1"}) == [
        "HUBBUB_RATE_LIMT is not a setting of Hubbub; did you mean HUBBUB_RATE_LIMIT?",
        "HUBBUB_XYZZY is not a setting of Hubbub.",
    ]
