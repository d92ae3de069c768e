"""`docs/deploy.md`: the units, the proxies and the numbers."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from hubbub.chat.services import post
from tests.docs.trouble import SECONDS
from tests.http.calls import call
from tests.servers import ROOT, answers, environment, free_port, start_process

PAGE = (ROOT / "docs" / "deploy.md").read_text()
SERVICE, SOCKET = re.findall(r"```systemd\n(.*?)```", PAGE, re.DOTALL)
[CADDYFILE] = re.findall(r"```caddy\n(.*?)```", PAGE, re.DOTALL)
[WATCH] = re.findall(r"## Watching.*?```bash\n(.*?)```", PAGE, re.DOTALL)
SERVICES = re.findall(r"```bash\n(.*?)```", PAGE.partition("## In a container")[0], re.DOTALL)
[HTTPS] = re.findall(r"```python\n(SECURE.*?)```", PAGE, re.DOTALL)
DATA = "HUBBUB_DATA=/var/lib/hubbub"
BIN = Path(sys.executable).parent
needs_caddy = pytest.mark.skipif(shutil.which("caddy") is None, reason="there is no Caddy")


def values(unit, key):
    """What a unit says of a key, each time."""
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


@pytest.fixture
def service(tmp_path):
    """The service as it could be here: another place, another user."""
    text = SERVICE.replace("/srv/hubbub/.venv/bin", str(BIN)).replace("/srv/hubbub", str(tmp_path))
    return text.replace("/var/lib/hubbub", str(tmp_path / "data")).replace("=hubbub\n", "=root\n")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_has_nothing_to_say_of_the_units(service, tmp_path):
    for name, text in (("hubbub.service", service), ("hubbub.socket", SOCKET)):
        (tmp_path / name).write_text(text)
    units = [tmp_path / "hubbub.service", tmp_path / "hubbub.socket"]
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units]
    env = os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(
    shutil.which("systemd-socket-activate") is None, reason="there is no systemd-socket-activate"
)
def test_the_service_takes_the_socket_and_ends_in_time(service, tmp_path):
    """What systemd does: it listens, and starts the service with its variables for the first."""
    [address], [command] = values(SOCKET, "ListenStream"), values(service, "ExecStart")
    port = free_port()
    listen = f"--listen={address.replace('8000', str(port))}"
    variables = " ".join(values(service, "Environment")).split()
    activate = ["systemd-socket-activate", listen, *(f"--setenv={one}" for one in variables)]
    with start_process([*activate, *command.split()], port, cwd=tmp_path) as server:
        assert call(f"{server.url}/readyz").status == 200
        server.process.terminate()
        assert server.process.wait(int(values(service, "TimeoutStopSec")[0])) == 0
        assert '"event": "server_stopped"' in server.output()
    assert (tmp_path / "data" / "hubbub.sqlite3").exists()


def test_the_service_is_what_was_installed():
    """Its user, its program, its folder: those of the commands beside it."""
    made, started, commands = SERVICES
    assert "enable --now hubbub.socket hubbub.service" in started
    [user], [program] = values(SERVICE, "User"), values(SERVICE, "ExecStart")
    assert re.search(rf"^useradd .* {user}$", made, re.MULTILINE)
    folder = Path(program.split()[0]).parents[1]
    assert f"-m venv {folder}\n{folder}/bin/python -m pip install ." in made
    assert commands.count(f"runuser -u {user} -- env {DATA} {program.split()[0]} ") == 2
    assert DATA in SERVICE
    assert f"StateDirectory={DATA.rpartition('/')[2]}" in SERVICE


def test_a_project_says_of_https_what_the_site_does(tmp_path):
    """The five settings of the page are those that the site has with HUBBUB_HTTPS."""
    said: dict[str, object] = {}
    exec(HTTPS, said)
    script = (
        "from hubbub.site import settings; print({name: getattr(settings, name) for name in %r})"
    )
    names = [name for name in said if name.isupper()]
    env = environment(
        {
            "HUBBUB_HTTPS": "true",
            "HUBBUB_DATA": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "hubbub.site.settings",
        }
    )
    done = subprocess.run(
        [sys.executable, "-c", script % names], env=env, capture_output=True, text=True, check=True
    )
    assert eval(done.stdout) == {name: said[name] for name in names}
    assert len(names) == 5


@contextmanager
def caddy(upstream, folder):
    """Run Caddy with the page's block, over HTTP on a free port; gives the port."""
    port = free_port()
    text = CADDYFILE.replace("example.org", f"http://localhost:{port}")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{text}")
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with subprocess.Popen(
        command, env=os.environ | {"HOME": str(folder)}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not answers(f"http://localhost:{port}/healthz"):
                assert process.poll() is None
            yield port
        finally:
            process.terminate()


@needs_caddy
def test_caddy_passes_on_what_has_to_be(site, settings, tmp_path):
    settings.ALLOWED_HOSTS = ["localhost"]
    with caddy(site.server.port, tmp_path) as port:
        assert call(f"http://localhost:{port}/readyz").status == 200
        ours, others = f"http://localhost:{port}", "http://localhost"
        spoofed = {"X-Forwarded-For": "192.0.2.7"}
        address = f"ws://localhost:{port}/ws/chat/general/"
        with connect(address, proxy=None, origin=ours, open_timeout=SECONDS):
            pass
        with pytest.raises(InvalidStatus, match="403"):
            connect(address, proxy=None, origin=others, additional_headers=spoofed)
    line = site.log("handshake_refused")
    assert f"origin={others} host=localhost:{port} " in line
    assert "192.0.2.7" not in line


def test_the_program_can_be_watched(site):
    command = WATCH.replace("127.0.0.1:8000", f"127.0.0.1:{site.server.port}")
    done = subprocess.run(["sh", "-e", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == '{"status": "ok"}' * 2


MEASURED = (ROOT / "benchmarks" / "README.md").read_text()


def figure(column):
    """What the first table that has such a column says of Hubbub."""
    rows = [line.strip("| ").split(" | ") for line in MEASURED.splitlines() if line[:1] == "|"]
    place = next(number for number, row in enumerate(rows) if column in row)
    [at] = [at for at, cell in enumerate(rows[place]) if cell == column]
    return next(row[at].strip() for row in rows[place:] if row[0] == "Hubbub")


@pytest.mark.parametrize(
    ("what", "column"),
    [
        ("memory of a connection that idles", "(d) KiB"),
        ("memory of a further room over one socket", "(j) bytes/subscription"),
        ("CPU of a delivery in a room of 1000", "(a)"),
        ("CPU of a delivery in a room of 20", "(b)"),
        ("CPU of a message that is stored and acked", "(f) µs/message"),
        ("CPU of a handshake", "(d) µs/handshake"),
    ],
)
def test_what_it_takes_is_what_was_measured(what, column):
    [shown] = re.findall(rf"^\| {what} \| ([\d.]+) ", PAGE, re.MULTILINE)
    assert shown == figure(column)


def pages():
    """The bytes of the database that are used."""
    with connection.cursor() as cursor:
        sizes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in USED]
    return (sizes[0] - sizes[1]) * sizes[2]


USED = ("page_count", "freelist_count", "page_size")
MESSAGES = 1000


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what SQLite takes")
@pytest.mark.parametrize(("place", "length"), [(0, 50), (1, 50), (1, 500)])
def test_what_a_message_takes_on_the_disk(transactional_db, settings, place, length):
    found = re.findall(r"disk of a message of 50 characters \| (\d+) bytes on SQLite, (\d+)", PAGE)
    [shown] = {int(sizes[place]) for sizes in found}
    before = pages()
    with transaction.atomic():
        for number in range(MESSAGES):
            more = {"request_id": f"{number:016d}"} if place else {}
            post(room="general", message="x" * length, username="ada", **more)
    size = (pages() - before) / MESSAGES
    assert size == pytest.approx(shown + length - 50, rel=0.15)
