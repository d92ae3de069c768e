import pytest
from django.test import override_settings

from hubbub import conf
from hubbub.conf import Rate, Settings, current
from hubbub.errors import SettingError

OFF = [None, "off", "OFF", " none ", "no", "false", False, "", "0", 0]


def test_the_defaults_are_those_of_the_published_api():
    settings = Settings()
    assert settings.rate_limit == Rate(100, 60)
    assert settings.max_frame == 64 * 1024
    assert settings.outlet_budget == 1024 * 1024
    assert settings.max_connections is settings.max_members is None
    assert not settings.chat_requires_user
    assert settings.notifications_send == "staff"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_in_one_line_what_it_does(name):
    description = Settings.model_fields[name].description
    assert description.endswith(".")
    assert "\n" not in description


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("100/m", (100, 60)),
        ("5/s", (5, 1)),
        ("2000/h", (2000, 3600)),
        (" 5/Second ", (5, 1)),
        ("5/sec", (5, 1)),
        ("7/minutes", (7, 60)),
        ("7/min", (7, 60)),
        ("9/hour", (9, 3600)),
        (Rate(3, 10), (3, 10)),
    ],
)
def test_a_rate_is_a_number_and_a_unit(written, rate):
    with override_settings(HUBBUB_RATE_LIMIT=written):
        assert current().rate_limit == rate


@pytest.mark.parametrize("written", OFF)
@pytest.mark.parametrize("name", ["RATE_LIMIT", "RATE_LIMIT_USER", "RATE_LIMIT_ADDRESS"])
def test_a_rate_can_be_turned_off(name, written):
    with override_settings(**{f"HUBBUB_{name}": written}):
        assert getattr(current(), name.lower()) is None


@pytest.mark.parametrize("written", [None, "off", "None", "no", "false", "", "0"])
def test_a_cap_can_be_turned_off(written):
    with override_settings(HUBBUB_MAX_CONNECTIONS=written):
        assert current().max_connections is None


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("", ()),
        ("*", ("*",)),
        ("https://a.example, https://b.example,", ("https://a.example", "https://b.example")),
        (["https://a.example"], ("https://a.example",)),
    ],
)
def test_a_list_may_be_written_with_commas(written, origins):
    with override_settings(HUBBUB_ALLOWED_ORIGINS=written):
        assert current().allowed_origins == origins


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("RATE_LIMIT", "100"),
        ("RATE_LIMIT", "0/m"),
        ("RATE_LIMIT", "-5/m"),
        ("RATE_LIMIT", "100/day"),
        ("RATE_LIMIT", "100/month"),
        ("RATE_LIMIT", "100/ms"),
        ("RATE_LIMIT", 100),
        ("RATE_LIMIT_USER", "many"),
        ("RATE_LIMIT_ADDRESS", True),
        ("MAX_CONNECTIONS", 0),
        ("MAX_CONNECTIONS", "-1"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "ten"),
        ("MAX_CONNECTIONS_PER_USER", 1.5),
        ("MAX_MEMBERS", []),
        ("ALLOWED_ORIGINS", 7),
        ("CHAT_REQUIRES_USER", "perhaps"),
        ("NOTIFICATIONS_SEND", "everybody"),
        ("OUTLET_BUDGET", 1000),
        ("MAX_FRAME", 100),
        ("PING_INTERVAL", 0),
        ("TOKEN_LIFETIME", "a week"),
        ("DATABASE_THREADS", 257),
        ("DRAIN_SECONDS", -1),
        ("NO_SUCH_SETTING", 1),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name, wrong):
    with override_settings(**{f"HUBBUB_{name}": wrong}), pytest.raises(SettingError) as caught:
        current()
    (line,) = str(caught.value).split("\n")
    assert line.startswith(f"HUBBUB_{name}: ")
    assert repr(wrong) in line


def test_every_wrong_setting_is_named_at_once():
    with (
        override_settings(HUBBUB_MAX_FRAME=1, HUBBUB_PING_INTERVAL="often"),
        pytest.raises(SettingError) as caught,
    ):
        current()
    names = [line.split(":")[0] for line in str(caught.value).split("\n")]
    assert sorted(names) == ["HUBBUB_MAX_FRAME", "HUBBUB_PING_INTERVAL"]


def test_an_override_is_seen_and_so_is_its_end():
    before = current().max_frame
    with override_settings(HUBBUB_MAX_FRAME=5000):
        assert current().max_frame == 5000
    assert current().max_frame == before


def test_the_settings_are_checked_once():
    assert current() is current()
    with override_settings(LANGUAGE_CODE="de"):
        assert current() is current()


def test_a_setting_cannot_be_changed_behind_the_check():
    with pytest.raises(ValueError, match="frozen"):
        current().max_frame = 1


def test_what_is_given_has_no_prefix():
    with override_settings(HUBBUB_MAX_FRAME=5000):
        assert conf.given()["max_frame"] == 5000
