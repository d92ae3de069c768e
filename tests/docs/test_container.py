"""`docs/deploy.md`: the image, a container of it, its backup, and what is put back."""

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from websockets.sync.client import connect

from tests.docs.dockerfile import Image
from tests.http.calls import call
from tests.servers import ROOT, environment, free_port, start_process

PAGE = (ROOT / "docs" / "deploy.md").read_text()
[DOCKERFILE] = re.findall(r"```dockerfile\n(.*?)```", PAGE, re.DOTALL)
BASH = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
[WHEEL] = [block for block in BASH if "pip wheel" in block]
[DOCKER] = [block for block in BASH if "docker run" in block]
[BACKUP] = [block for block in BASH if ".backup" in block]
[RESTORE] = [block for block in BASH if "rm -f" in block]
SECONDS = 20


def shell(block, folders):
    """Run a block whose folders are others here."""
    for name, folder in folders.items():
        block = block.replace(name, str(folder))
    subprocess.run(["sh", "-e", "-c", block], cwd=ROOT, env=environment({}), check=True)


def stored(database):
    """The texts that a database's file has."""
    with closing(sqlite3.connect(database)) as found:
        return [text for (text,) in found.execute("SELECT message FROM hubbub_chat_message")]


def make_older(image):
    """Have the data folder as an earlier version left it."""
    command = [image.python.with_name("hubbub"), "manage", "migrate", "--verbosity", "0"]
    words = [*map(str, command), "hubbub_chat", "0001_initial"]
    subprocess.run(words, env=image.env(), cwd=image.root, check=True, timeout=60)
    with closing(sqlite3.connect(image.root / "data" / "hubbub.sqlite3")) as found:
        columns = found.execute("PRAGMA table_info(hubbub_chat_message)")
        assert "data" not in [row[1] for row in columns]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    context = folder / "dist"
    context.mkdir()
    python = {".venv/bin/python": sys.executable, "make setup\n": "", "dist": context}
    shell(WHEEL, python)
    return Image(DOCKERFILE, context, folder)


@contextmanager
def container(image):
    """Run the image's command on a free port."""
    port = free_port()
    words = " ".join(image.command()).replace("0.0.0.0", "127.0.0.1").split()
    program = str(image.python.with_name(words[0]))
    command = [program, *words[1:], "--port", str(port)]
    env = image.env(HUBBUB_RATE_LIMIT="off")
    with start_process(command, port, env=env, cwd=image.root) as server:
        yield server


def healthy(image, server):
    """What the image's check says."""
    words = [word.replace("8000", str(server.port)) for word in image.command("HEALTHCHECK")]
    return subprocess.run(
        words, env=image.env(), executable=image.python, capture_output=True, check=False
    )


def say(server, *texts):
    """Say something; the place and the epoch where the room then is."""
    for text in texts:
        call(f"{server.url}/api/chat/general/messages/", {"message": text, "username": "zoe"})
    page = call(f"{server.url}/api/chat/general/messages/").data
    return page["seq"], page["epoch"]


def test_the_container_runs_the_wheel_and_ends_in_time(image):
    assert image.told["USER"] != "root"
    with container(image) as server:
        assert healthy(image, server).returncode == 0
        assert call(f"{server.url}/readyz").status == 200
        assert (image.root / "data" / "hubbub.sqlite3").exists()
        server.process.send_signal(getattr(signal, image.told["STOPSIGNAL"]))
        [grace] = re.findall(r"--stop-timeout (\d+)", DOCKER)
        assert server.process.wait(int(grace)) == 0
        assert healthy(image, server).returncode != 0
        lines = [line for line in server.output().splitlines() if line.startswith("{")]
        assert "server_stopped" in [json.loads(line)["event"] for line in lines]
    script = "import hubbub; print(hubbub.__file__)"
    done = subprocess.run([image.python, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(image.root))


def test_what_docker_is_told_is_what_the_image_has():
    assert "VOLUME /data" in DOCKERFILE
    assert ":/data" in DOCKER
    assert f"EXPOSE {re.findall(r'--publish 127.0.0.1:8000:(.*?) ', DOCKER)[0]}" in DOCKERFILE


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="there is no sqlite3")
def test_a_backup_is_made_while_it_runs_and_put_back(image, tmp_path):
    """Also where the backup is one of an earlier version."""
    data = image.root / "data"
    where = {"/var/lib/hubbub": data, "/var/backups": tmp_path}
    with container(image) as server:
        say(server, "kept")
        shell(BACKUP, where)
        place, epoch = say(server, "lost", "lost too")
    shell(RESTORE, where)
    make_older(image)
    with container(image) as server:
        again, other = say(server, "new")
        assert (again, place) == (2, 3)
        assert other != epoch
        path = f"/ws/chat/general/?since=1&epoch={epoch}"
        with connect(f"{server.ws}{path}", proxy=None, open_timeout=SECONDS) as ws:
            assert json.loads(ws.recv(timeout=SECONDS))["recovered"] is False
    assert (tmp_path / "secret.key").read_bytes() == (data / "secret.key").read_bytes()
    assert stored(tmp_path / "hubbub-small.sqlite3") == ["kept"]
