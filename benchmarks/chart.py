"""The results as one SVG: bars on a logarithmic scale, one panel a figure."""

from html import escape
from math import log10

from benchmarks.results import Results
from benchmarks.scenarios import Kind
from benchmarks.table import number

Bar = tuple[str, float]

WIDTH, LABEL, ROW, HEAD, GAP = 760, 210, 22, 34, 18  # pixels
OURS, THEIRS, INK = "#0f766e", "#94a3b8", "#0f172a"
FIGURES = {
    Kind.BUSY: {"server CPU µs a delivery": "cpu_us"},
    Kind.MANY: {
        "server CPU µs a delivery": "cpu_us",
        "bytes a further subscription": "subscription_bytes",
    },
    Kind.ACKED: {"server CPU µs a stored message": "cpu_us", "ms to half of the acks": "p50_ms"},
    Kind.RESUME: {"seconds until all have what they missed": "resume_s"},
    Kind.IDLE: {"KiB a connection": "kib", "server CPU µs a handshake": "handshake_us"},
}
STYLE = "font-family:system-ui,sans-serif;font-size:13px"


def svg(results: Results) -> str:
    """The chart: of each scenario what its kind is about, CPU per delivery and so on."""
    panels = [(title, bars) for title, bars in _panels(results) if bars]
    note = "Lower is better. The scale is logarithmic."
    drawn, y = [f'<text x="{GAP}" y="{GAP + 14}" fill="{INK}">{note}</text>'], GAP + HEAD
    for title, bars in panels:
        drawn.append(_panel(title, bars, y))
        y += HEAD + ROW * len(bars) + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" '
        f'height="{y}" style="{STYLE}">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _panels(results: Results) -> list[tuple[str, list[Bar]]]:
    return [
        (f"({scenario.key}) {scenario.title}: {what}", _bars(results, scenario.key, figure))
        for scenario in results.scenarios
        for what, figure in FIGURES[scenario.kind].items()
    ]


def _bars(results: Results, scenario: str, figure: str) -> list[Bar]:
    values = (
        (server.title, getattr(results.median(server.key, scenario), figure, None))
        for server in results.measured
    )
    return sorted(((title, value) for title, value in values if value), key=lambda bar: bar[1])


def _panel(title: str, bars: list[Bar], y: int) -> str:
    low = min(value for _, value in bars) / 2  # the shortest bar can still be seen
    decades = log10(max(value for _, value in bars) / low)
    lines = [f'<text x="{GAP}" y="{y + 14}" font-weight="600" fill="{INK}">{escape(title)}</text>']
    for index, (name, value) in enumerate(bars):
        length = (WIDTH - LABEL - 90) * log10(value / low) / decades
        lines.append(_bar(name, value, length, y + HEAD - 8 + index * ROW))
    return "\n".join(lines)


def _bar(name: str, value: float, length: float, y: int) -> str:
    colour = OURS if name == "Hubbub" else THEIRS
    return (
        f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        f'<rect x="{LABEL}" y="{y + 2}" width="{length:.1f}" height="{ROW - 6}" rx="3" '
        f'fill="{colour}"/>'
        f'<text x="{LABEL + length + 6:.1f}" y="{y + 14}" fill="{INK}">{number(value)}</text>'
    )
