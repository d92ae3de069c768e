"""The rival in Go: built from Debian's packages into var/bench, without the network."""

import os
import shutil
from pathlib import Path

from benchmarks.making import trouble_of

SOURCE = Path(__file__).parent / "rivals" / "centrifuge.go"
GOPATH = Path("/usr/share/gocode")
CENTRIFUGE = GOPATH / "src" / "github.com" / "centrifugal" / "centrifuge"
# What Centrifuge imports, of which Debian's package of it names but a part.
PACKAGES = (
    "golang-go",
    "golang-github-centrifugal-centrifuge-dev",
    "golang-github-centrifugal-protocol-dev",
    "golang-github-fzambia-eagle-dev",
    "golang-github-igm-sockjs-go-dev",
    "golang-github-mna-redisc-dev",
)
ENVIRONMENT = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "CGO_ENABLED": "0"}
BUILD_SECONDS = 300


def centrifuge_missing(program: Path) -> str | None:
    """Build `program`, if that is to be done. A sentence when that cannot be, else None."""
    if shutil.which("go") is None or not CENTRIFUGE.is_dir():
        return f"Go or Centrifuge is not installed, in Debian {', '.join(PACKAGES)}"
    if not program.exists():
        print("building Centrifuge ...", flush=True)
    command = ("go", "build", "-o", str(program), str(SOURCE))
    return trouble_of(command, BUILD_SECONDS, env=os.environ | ENVIRONMENT)
