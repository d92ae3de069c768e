"""The rival in Go: built from Debian's packages into var/bench, without the network."""

import os
import shutil
import subprocess
from pathlib import Path

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
    try:
        done = subprocess.run(
            ["go", "build", "-o", str(program), str(SOURCE)],
            check=False,
            env=os.environ | ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"go build took more than {BUILD_SECONDS} s"
    if done.returncode:
        return "go build failed: " + (done.stderr.strip().splitlines() or ["no reason given"])[0]
    return None
