"""What Hubbub is to reach: ratios to a rival of the same run, and two budgets."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.results import Results


@dataclass(frozen=True)
class Goal:
    """`figure` of a sample, at most `limit`: times the rival's, or absolute when there is none."""

    scenario: str
    figure: str
    limit: float
    rival: str | None = None


PLAIN = "channels-uvicorn"
GOALS = (
    Goal("a", "cpu_us", 1.0, "bun"),
    Goal("a", "cpu_us", 1 / 150, PLAIN),
    Goal("b", "cpu_us", 1.5, "bun"),
    Goal("c", "cpu_us", 2.5, "bun"),
    Goal("d", "kib", 8.0),
    Goal("d", "handshake_us", 200.0),
)
UNITS = {"cpu_us": "CPU per delivery", "kib": "KiB a connection", "handshake_us": "µs a handshake"}


def verdicts(results: Results) -> Iterator[str]:
    """One line a goal that this run has the figures for."""
    for goal in GOALS:
        ours = _figure(results, "hubbub", goal)
        if ours is None:
            continue
        if goal.rival is None:
            yield _line(goal, f"{ours:.1f} {UNITS[goal.figure]}", f"{goal.limit:g}", value=ours)
            continue
        theirs = _figure(results, goal.rival, goal)
        if theirs:
            said = f"{_times(ours / theirs)} {goal.rival} ({UNITS[goal.figure]})"
            yield _line(goal, said, _times(goal.limit), value=ours / theirs)


def _figure(results: Results, server: str, goal: Goal) -> float | None:
    found = results.median(server, goal.scenario)
    value: float | None = getattr(found, goal.figure, None)
    return value


def _line(goal: Goal, said: str, limit: str, *, value: float) -> str:
    reached = "reached" if value <= goal.limit else "MISSED"
    return f"({goal.scenario}) {said}; goal: at most {limit}: {reached}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} x" if ratio > 0.1 else f"1/{1 / ratio:.0f} of"
