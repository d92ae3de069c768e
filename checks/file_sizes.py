"""`python -m checks.file_sizes`: no file of the source is longer than a person reads at once."""

import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
LONGEST = 300
KINDS = (".py", ".js", ".css", ".html")


def too_long(folder: Path) -> list[str]:
    """A line for each file under `folder` that has too many lines."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in KINDS)
    counts = ((path, len(path.read_text("utf-8").splitlines())) for path in files)
    return [
        f"{path.relative_to(folder)}: {count} lines, at most {LONGEST}"
        for path, count in counts
        if count > LONGEST
    ]


if __name__ == "__main__":
    sys.exit("\n".join(too_long(SOURCE)) or None)
