"""What is said of a run's figures."""

import pytest

from benchmarks.goals import verdicts
from benchmarks.results import Results
from benchmarks.sample import Sample
from benchmarks.scenarios import SCENARIOS
from benchmarks.servers import Server
from benchmarks.table import markdown

SCENARIO = {scenario.key: scenario for scenario in SCENARIOS}
HUBBUB = Server("hubbub", "Hubbub", ())
BUN = Server("bun", "Bun", ())


@pytest.fixture
def results():
    return Results([HUBBUB, BUN], [SCENARIO["b"], SCENARIO["j"]])


def test_many_rooms_are_beside_one_room_of_the_same_server(results):
    results.add(HUBBUB, SCENARIO["b"], Sample(cpu_us=10.0))
    results.add(BUN, SCENARIO["b"], Sample(cpu_us=20.0))
    results.add(HUBBUB, SCENARIO["j"], Sample(cpu_us=11.4, subscription_bytes=513.0))
    assert [line for line in verdicts(results) if line.startswith("(j)")] == [
        "(j) 1.14 x (b) (CPU per delivery); goal: at most 1.15 x: reached",
        "(j) 513.0 bytes a further subscription; goal: at most 512.0: MISSED",
    ]


def test_without_one_room_there_is_nothing_to_be_beside(results):
    results.add(HUBBUB, SCENARIO["j"], Sample(cpu_us=11.4, subscription_bytes=400.0))
    assert list(verdicts(results)) == [
        "(j) 400.0 bytes a further subscription; goal: at most 512.0: reached"
    ]


def test_a_figure_is_the_median_of_its_rounds(results):
    for room, many in ((10.0, 30.0), (10.0, 11.0), (30.0, 12.0)):
        results.add(HUBBUB, SCENARIO["b"], Sample(cpu_us=room))
        results.add(HUBBUB, SCENARIO["j"], Sample(cpu_us=many))
    assert next(verdicts(results)).startswith("(j) 1.20 x (b)")


def test_a_table_has_a_row_a_server_and_dashes_for_what_it_does_not_have(results):
    results.add(HUBBUB, SCENARIO["j"], Sample(cpu_us=11.4, subscription_bytes=512.5, rate=90_000))
    table = markdown(results).partition("(j)")[2]
    assert "CPU µs/delivery" in table
    assert "bytes/subscription" in table
    cells = [line.split() for line in table.splitlines() if line.startswith("| ")]
    assert cells[1][1:8:2] == ["Hubbub", "11.4", "512", "90,000"]
    assert cells[2][1:8:2] == ["Bun", "-", "-", "-"]
