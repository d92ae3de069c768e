"""The rivals from npm: installed under var/bench/node, never beside the sources."""

import filecmp
import shutil
from pathlib import Path

from benchmarks.making import trouble_of

SOURCES = Path(__file__).parent / "rivals"
MANIFESTS = ("package.json", "package-lock.json")
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SECONDS = 300


def node_rivals_missing(folder: Path) -> str | None:
    """Install into `folder` what is not there yet. A sentence when that cannot be, else None."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node and npm are not installed"
    installed = folder / "node_modules"
    done = installed / ".package-lock.json"  # npm writes it last
    same = done.exists() and all(
        (folder / name).exists() and filecmp.cmp(SOURCES / name, folder / name, shallow=False)
        for name in MANIFESTS
    )
    folder.mkdir(parents=True, exist_ok=True)
    for source in (*SOURCES.glob("*.mjs"), *(SOURCES / name for name in MANIFESTS)):
        shutil.copy(source, folder / source.name)
    if same:
        return None
    print("installing the rivals from npm ...", flush=True)
    return trouble_of(INSTALL, INSTALL_SECONDS, cwd=folder)


def bun_binary(folder: Path) -> Path | None:
    """Bun's program inside its package for this platform; its install script is not run."""
    return next(iter(sorted(folder.glob("node_modules/@oven/bun-*/bin/bun"))), None)
