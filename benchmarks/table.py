"""The results as text: one Markdown table a scenario, readable in a terminal too."""

from collections.abc import Callable

from benchmarks.goals import PLAIN, verdicts
from benchmarks.results import Results
from benchmarks.sample import Sample
from benchmarks.scenarios import Kind, Scenario
from benchmarks.servers import Server

CORES = ("p50 ms", "p99 ms", "server CPU", "load CPU")
COLUMNS = {
    Kind.BUSY: ("CPU µs/delivery", "/ Bun", "plain /", "deliveries/s", *CORES),
    Kind.MANY: ("CPU µs/delivery", "bytes/subscription", "deliveries/s", *CORES),
    Kind.ACKED: ("CPU µs/stored message", "/s on a full core", "stored and acked/s", *CORES),
    Kind.RESUME: ("s until all have all", "CPU µs/client"),
    Kind.IDLE: ("KiB/connection", "CPU µs/handshake"),
}


def markdown(results: Results) -> str:
    """All tables, then the goals, then who is missing."""
    parts = [_scenario(results, scenario) for scenario in results.scenarios]
    goals = list(verdicts(results))
    if goals:
        parts.append("Goals\n\n" + "\n".join(f"- {line}" for line in goals))
    if results.missing:
        titles = {server.key: server.title for server in results.servers}
        lines = (f"- {titles[key]}: {why}" for key, why in results.missing.items())
        parts.append("Missing\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _scenario(results: Results, scenario: Scenario) -> str:
    rows = [("server", *COLUMNS[scenario.kind])]
    rows += [
        row for server in results.servers if (row := _server(results, server, scenario)) is not None
    ]
    return f"({scenario.key}) {scenario.title}\n\n" + _aligned(rows)


def _server(results: Results, server: Server, scenario: Scenario) -> tuple[str, ...] | None:
    """A server's row: dashes if it has no such thing, none at all if it could not be measured."""
    figures = results.median(server.key, scenario.key)
    if figures is None:
        nothing = ("-",) * len(COLUMNS[scenario.kind])
        return None if server.key in results.missing else (server.title, *nothing)
    title = server.title + (f" ({figures.trouble})" if figures.trouble else "")
    return (title, *CELLS[scenario.kind](results, scenario, figures))


def _busy(results: Results, scenario: Scenario, figures: Sample) -> tuple[str, ...]:
    return (
        number(figures.cpu_us),
        _ratio(figures.cpu_us, results.median("bun", scenario.key)),
        _ratio(figures.cpu_us, results.median(PLAIN, scenario.key), inverse=True),
        _rate(figures),
        *_cores(figures),
    )


def _many(_results: Results, _scenario: Scenario, figures: Sample) -> tuple[str, ...]:
    return (
        number(figures.cpu_us),
        number(figures.subscription_bytes),
        _rate(figures),
        *_cores(figures),
    )


def _acked(_results: Results, _scenario: Scenario, figures: Sample) -> tuple[str, ...]:
    return (
        number(figures.cpu_us),
        number(figures.full_core_rate),
        _rate(figures),
        *_cores(figures),
    )


def _resume(_results: Results, _scenario: Scenario, figures: Sample) -> tuple[str, ...]:
    return (number(figures.resume_s), number(figures.resume_us))


def _idle(_results: Results, _scenario: Scenario, figures: Sample) -> tuple[str, ...]:
    return (number(figures.kib), number(figures.handshake_us))


CELLS: dict[Kind, Callable[[Results, Scenario, Sample], tuple[str, ...]]] = {
    Kind.BUSY: _busy,
    Kind.MANY: _many,
    Kind.ACKED: _acked,
    Kind.RESUME: _resume,
    Kind.IDLE: _idle,
}


def _rate(figures: Sample) -> str:
    late = figures.share is not None and figures.share < 0.9
    return number(figures.rate) + (f" ({figures.share:.0%} of those due)" if late else "")


def _cores(figures: Sample) -> tuple[str, ...]:
    return (
        number(figures.p50_ms),
        number(figures.p99_ms),
        _percent(figures.server_cpu),
        _percent(figures.load_cpu),
    )


def _ratio(ours: float | None, other: Sample | None, *, inverse: bool = False) -> str:
    if not ours or other is None or not other.cpu_us:
        return "-"
    return number(other.cpu_us / ours if inverse else ours / other.cpu_us)


def number(value: float | None) -> str:
    """Three digits that count: 1.23, 12.3, 123, 123,456."""
    if value is None:
        return "-"
    return f"{value:,.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_row(row, widths) for row in rows]
    rule = "|".join("-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "| " + " | ".join([first, *rest]) + " |"
