"""What is measured, and who can take part."""

from pathlib import Path

import pytest

from benchmarks.__main__ import chosen
from benchmarks.scenarios import SCENARIOS, Kind
from benchmarks.servers import (
    can_take_part,
    centrifuge,
    hubbub,
    hubbub_before,
    hubbub_unstored,
    node_rivals,
    python_rivals,
)

SCENARIO = {scenario.key: scenario for scenario in SCENARIOS}


@pytest.fixture(autouse=True)
def nothing_is_installed(monkeypatch):
    monkeypatch.setenv("PATH", "")


def test_thirty_rooms_each_are_as_many_connections_and_messages_under_way_as_one_each():
    one, thirty = SCENARIO["b"], SCENARIO["j"]
    assert thirty.kind is Kind.MANY
    assert thirty.connections == one.connections == 1000
    assert (thirty.members, thirty.inflight) == (one.members, one.inflight)
    assert thirty.rooms == 30 * one.rooms
    assert thirty.further_subscriptions == 29_000


def test_what_a_room_adds_is_seen_against_as_many_members_in_one_room():
    thirty = SCENARIO["j"]
    one = thirty.in_one_room()
    assert one.connections == thirty.connections
    assert one.further_subscriptions == 0
    assert one.members == thirty.members
    assert hubbub().way_for(one) == hubbub().way_for(thirty) == hubbub().many


def test_a_room_of_its_own_is_reached_by_its_own_path():
    assert hubbub().way_for(SCENARIO["b"]) == hubbub().way
    assert hubbub().first_room == "bench0"


def test_rooms_over_one_socket_are_for_those_who_have_such_a_socket(tmp_path):
    rivals = (*node_rivals(tmp_path), *python_rivals())
    assert not any(can_take_part(rival, SCENARIO["j"]) for rival in rivals)
    for server in (hubbub(), hubbub_unstored(), centrifuge(tmp_path)):
        assert can_take_part(server, SCENARIO["j"])


def test_an_older_checkout_takes_part_in_what_it_has(tmp_path):
    package = tmp_path / "src" / "hubbub"
    (package / "streams").mkdir(parents=True)
    assert not can_take_part(hubbub_before(tmp_path), SCENARIO["j"])
    (package / "streams" / "one_socket.py").touch()
    assert can_take_part(hubbub_before(tmp_path), SCENARIO["j"])


@pytest.mark.parametrize("key", "abcdej")
def test_centrifuge_takes_part_where_messages_are_told(key, tmp_path):
    assert can_take_part(centrifuge(tmp_path), SCENARIO[key])


@pytest.mark.parametrize("key", "fgh")
def test_it_does_not_where_they_are_to_be_on_a_disk(key, tmp_path):
    assert not can_take_part(centrifuge(tmp_path), SCENARIO[key])


def test_the_command_line_chooses_them_by_name():
    assert chosen(list(SCENARIO), "j,b") == ["b", "j"]
    assert chosen(["hubbub", "bun", "centrifuge"], "centrifuge") == ["centrifuge"]
    with pytest.raises(SystemExit, match="unknown: k"):
        chosen(list(SCENARIO), "k")


def test_without_go_centrifuge_is_missing_in_a_sentence():
    missing = centrifuge(Path("/nowhere")).missing
    assert missing is not None
    assert missing.startswith("Go or Centrifuge is not installed")
