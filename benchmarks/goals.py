"""What Hubbub is to reach: ratios to a server of the same run, and budgets."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.results import Results
from benchmarks.servers import BEFORE, UNSTORED


@dataclass(frozen=True)
class Goal:
    """`figure` of a sample, at most `limit`: times the rival's, or absolute when there is none.

    With `beside` it is times the same server's in another scenario. With `floor` it is to be at
    least `limit`.
    """

    scenario: str
    figure: str
    limit: float
    rival: str | None = None
    beside: str | None = None
    floor: bool = False
    server: str = "hubbub"


PLAIN = "channels-uvicorn"
GOALS = (
    Goal("a", "cpu_us", 1.0, "bun"),
    Goal("a", "cpu_us", 1 / 150, PLAIN),
    Goal("a", "cpu_us", 1.05, BEFORE),
    Goal("b", "cpu_us", 1.5, "bun"),
    Goal("b", "cpu_us", 1.3, BEFORE),
    Goal("c", "cpu_us", 2.5, "bun"),
    Goal("b", "cpu_us", 1.3, "bun", server=UNSTORED),
    Goal("c", "cpu_us", 1.8, "bun", server=UNSTORED),
    Goal("d", "kib", 2.5),
    Goal("d", "handshake_us", 200.0),
    Goal("f", "full_core_rate", 15_000, floor=True),
    Goal("f", "rate", 15_000, floor=True),
    Goal("g", "p50_ms", 5.0),
    Goal("h", "resume_s", 3.0),
    Goal("j", "cpu_us", 1.15, beside="b"),
    Goal("j", "subscription_bytes", 512),
)
UNITS = {
    "cpu_us": "CPU per delivery",
    "kib": "KiB a connection",
    "handshake_us": "µs a handshake",
    "full_core_rate": "acked messages per second of server CPU",
    "rate": "acked messages a second by the clock",
    "p50_ms": "ms from half of the messages to their acks",
    "resume_s": "s until all have what they missed",
    "subscription_bytes": "bytes a further subscription",
}


def verdicts(results: Results) -> Iterator[str]:
    """One line a goal that this run has the figures for."""
    for goal in GOALS:
        ours = _figure(results, goal.server, goal.scenario, goal)
        if ours is None:
            continue
        if goal.rival is None and goal.beside is None:
            yield _line(goal, f"{_plain(ours)} {UNITS[goal.figure]}", _plain(goal.limit), ours)
            continue
        theirs = _figure(results, goal.rival or goal.server, goal.beside or goal.scenario, goal)
        if theirs:
            whose = goal.rival or f"({goal.beside})"
            said = f"{_times(ours / theirs)} {whose} ({UNITS[goal.figure]})"
            yield _line(goal, said, _times(goal.limit), ours / theirs)


def _figure(results: Results, server: str, scenario: str, goal: Goal) -> float | None:
    found = results.median(server, scenario)
    value: float | None = getattr(found, goal.figure, None)
    return value


def _line(goal: Goal, said: str, limit: str, value: float) -> str:
    reached = value >= goal.limit if goal.floor else value <= goal.limit
    bound = "at least" if goal.floor else "at most"
    whose = "" if goal.server == "hubbub" else f" {goal.server}"
    verdict = "reached" if reached else "MISSED"
    return f"({goal.scenario}{whose}) {said}; goal: {bound} {limit}: {verdict}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} x" if ratio > 0.1 else f"1/{1 / ratio:.0f} of"
