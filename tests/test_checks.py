"""What is not safe where others reach the server, by number, and how each is silenced."""

import pytest
from django.core.checks import run_checks

from hubbub import listening
from hubbub.checks import check_exposure

NETWORK, LOOPBACK = (
    ["192.0.2.7", "0.0.0.0", "::", ""],
    ["127.0.0.1", "127.0.0.2", "::1", "localhost"],
)
EXPOSED = [
    ("DEBUG", True, "hubbub.W001"),
    ("ALLOWED_HOSTS", ["*"], "hubbub.W002"),
    ("HUBBUB_ALLOWED_ORIGINS", ["*"], "hubbub.W003"),
    ("HUBBUB_NOTIFICATIONS_SEND", "anyone", "hubbub.W004"),
]


@pytest.fixture(autouse=True)
def safe(settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["example.org"]


def numbers():
    return [warning.id for warning in check_exposure()]


def test_what_is_safe_is_no_warning():
    assert numbers() == []
    assert listening.exposures("192.0.2.7") == []


@pytest.mark.parametrize(("name", "value", "number"), EXPOSED)
def test_each_exposure_has_its_number_and_a_way_out(settings, name, value, number):
    setattr(settings, name, value)
    assert numbers() == [number]
    (warning,) = check_exposure()
    assert warning.hint
    found = run_checks(tags=["hubbub"], include_deployment_checks=True)
    assert [message.id for message in found] == [number]
    assert run_checks(tags=["hubbub"]) == []


@pytest.mark.parametrize(("name", "value", "number"), EXPOSED)
def test_a_server_for_others_says_it_and_one_for_this_machine_does_not(
    settings, name, value, number, capsys
):
    setattr(settings, name, value)
    for host in NETWORK:
        listening.greet(host, 8000)
        assert number in capsys.readouterr().err
    for host in LOOPBACK:
        listening.greet(host, 8000)
        assert capsys.readouterr().err == ""


def test_behind_a_proxy_others_reach_this_machine_s_own_address(settings):
    settings.DEBUG = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    (sentence,) = listening.exposures("127.0.0.1")
    assert sentence.endswith("(hubbub.W001)")


@pytest.mark.parametrize(("name", "value", "number"), EXPOSED)
def test_who_means_it_so_silences_the_number(settings, name, value, number):
    setattr(settings, name, value)
    settings.SILENCED_SYSTEM_CHECKS = [number]
    assert listening.exposures("192.0.2.7") == []


def test_a_wrong_setting_is_told_as_the_error_that_it_is(settings):
    settings.HUBBUB_ALLOWED_ORIGINS = 7
    found = run_checks(tags=["hubbub"], include_deployment_checks=True)
    assert [message.id for message in found] == ["hubbub.E001"]
