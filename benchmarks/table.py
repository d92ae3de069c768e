"""The results as text: one Markdown table a scenario, readable in a terminal too."""

from benchmarks.goals import PLAIN, verdicts
from benchmarks.results import Results
from benchmarks.sample import Sample
from benchmarks.scenarios import Scenario

BUSY = ("CPU µs/delivery", "/ Bun", "plain /", "deliveries/s", "p50 ms", "p99 ms", "server CPU",
        "load CPU")  # fmt: skip
IDLE = ("KiB/connection", "CPU µs/handshake")


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
    columns = IDLE if scenario.idle else BUSY
    rows = [("server", *columns)]
    for server in results.measured:
        figures = results.median(server.key, scenario.key)
        if figures:
            cells = _idle(figures) if scenario.idle else _busy(results, scenario, figures)
            rows.append(
                (server.title + (f" ({figures.trouble})" if figures.trouble else ""), *cells)
            )
    return f"({scenario.key}) {scenario.title}\n\n" + _aligned(rows)


def _idle(figures: Sample) -> tuple[str, ...]:
    return (number(figures.kib), number(figures.handshake_us))


def _busy(results: Results, scenario: Scenario, figures: Sample) -> tuple[str, ...]:
    late = figures.share is not None and figures.share < 0.9
    rate = number(figures.rate) + (f" ({figures.share:.0%} of those due)" if late else "")
    return (
        number(figures.cpu_us),
        _ratio(figures.cpu_us, results.median("bun", scenario.key)),
        _ratio(figures.cpu_us, results.median(PLAIN, scenario.key), inverse=True),
        rate,
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
