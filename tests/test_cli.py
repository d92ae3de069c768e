"""The command line, as a person meets it: real processes, sentences, exit codes."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.request import Request

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from hubbub import __version__
from hubbub.cli import main, parser
from tests.servers import (
    environment,
    free_port,
    measured,
    opener,
    start_process,
    start_server,
)


def hubbub(*args, cwd, **variables):
    """Run a command to its end; its exit code, standard output and standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "hubbub", *args],
        cwd=cwd,
        env=environment(variables | measured()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def refused(*args, cwd, **variables):
    """The sentence with which a command is refused."""
    code, out, err = hubbub(*args, cwd=cwd, **variables)
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    return err


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server in an empty folder, with no project anywhere."""
    with start_server(cwd=tmp_path_factory.mktemp("empty"), env=measured()) as server:
        yield server


def test_serve_says_where_everything_is(site):
    lines = site.output().splitlines()
    assert lines[0] == f"Hubbub {__version__} on http://localhost:{site.port}/"
    assert [line.split()[-1] for line in lines[1:4]] == [
        f"ws://localhost:{site.port}/ws/{path}/"
        for path in ("chat/general", "notifications", "counter")
    ]


def test_the_sockets_are_there(site):
    with connect(f"{site.ws}/ws/chat/general/") as ws:
        ws.send('{"type": "chat_message", "message": "Hello"}')
        assert json.loads(ws.recv(timeout=5))["message"] == "Hello"


def test_the_first_curl_line_works(site):
    body = {"title": "Test", "message": "Hello!", "priority": "high"}
    request = Request(
        f"{site.url}/api/notifications/send/",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with opener.open(request) as response:
        assert json.load(response) == {
            "status": "success",
            "message": "Notification sent",
            "data": body,
        }


def test_a_person_can_be_made_and_gets_a_token(site, tmp_path):
    data = str(site.data)
    code, _, err = hubbub(
        *("manage", "createsuperuser", "--noinput", "--username", "ada", "--email", "a@b.example"),
        cwd=tmp_path,
        HUBBUB_DATA=data,
        DJANGO_SUPERUSER_PASSWORD="correct horse",
    )
    assert (code, err) == (0, "")
    code, out, err = hubbub("token", "create", "ada", "--days", "2", "--data", data, cwd=tmp_path)
    assert (code, err) == (0, "")
    with connect(f"{site.ws}/ws/chat/general/?token={out.strip()}") as ws:
        ws.send('{"type": "chat_message", "message": "Hello"}')
        assert json.loads(ws.recv(timeout=5))["username"] == "ada"
    assert out.strip() not in site.output()


def test_the_secret_key_is_kept_for_the_next_start(site):
    assert (site.data / "secret.key").stat().st_mode & 0o077 == 0


def test_all_of_the_site_s_own_files_are_its_owner_s_alone(site):
    with connect(f"{site.ws}/ws/chat/modes/") as ws:
        ws.send('{"type": "chat_message", "message": "Hello"}')
        ws.recv(timeout=30)
        modes = {file.name: file.stat().st_mode & 0o777 for file in site.data.iterdir()}
    assert {"hubbub.sqlite3", "hubbub.sqlite3-wal", "hubbub.sqlite3-shm"} < set(modes)
    assert set(modes.values()) == {0o600}
    assert site.data.stat().st_mode & 0o777 == 0o700


def test_a_port_in_use(site, tmp_path):
    sentence = refused("serve", "--port", str(site.port), "--data", "var", cwd=tmp_path)
    assert sentence == (
        f"hubbub: cannot listen on 127.0.0.1 port {site.port}:"
        " another program listens there already; choose another with --port.\n"
    )


def test_more_than_one_worker(tmp_path):
    sentence = refused("serve", "--workers", "2", cwd=tmp_path)
    assert sentence.startswith("hubbub: --workers 2: several processes must share a bus")


def test_a_wrong_setting(tmp_path):
    sentence = refused("serve", "--port", "0", cwd=tmp_path, HUBBUB_RATE_LIMIT="many")
    assert sentence.startswith("hubbub: HUBBUB_RATE_LIMIT: ")


def test_a_data_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    sentence = refused("serve", "--port", "0", "--data", "file/var", cwd=tmp_path)
    assert sentence.startswith("hubbub: HUBBUB_DATA: cannot make the folder")


def test_a_database_that_cannot_be(tmp_path):
    url = f"sqlite:////{tmp_path}/none/x.sqlite3"
    sentence = refused("serve", "--port", "0", cwd=tmp_path, HUBBUB_DATABASE_URL=url)
    assert sentence == "hubbub: the database cannot be used: unable to open database file\n"


def test_a_database_that_is_no_url(tmp_path):
    sentence = refused("serve", "--port", "0", cwd=tmp_path, HUBBUB_DATABASE_URL="my database")
    assert sentence.startswith("hubbub: HUBBUB_DATABASE_URL: not a database URL")


def test_a_host_that_is_none(tmp_path):
    sentence = refused("serve", "--host", "no such host", cwd=tmp_path)
    assert sentence == "hubbub: --host no such host: no such host\n"


def test_a_project_that_is_none(tmp_path):
    sentence = refused("serve", "--port", "0", cwd=tmp_path, DJANGO_SETTINGS_MODULE="nowhere.set")
    cause, _, way_out = sentence.partition("'. ")
    assert cause == "hubbub: DJANGO_SETTINGS_MODULE=nowhere.set: No module named 'nowhere"
    assert way_out.endswith("PYTHONPATH=src hubbub serve\n")


def test_settings_that_import_what_is_not_there(tmp_path):
    (tmp_path / "shop.py").write_text("import till\n")
    sentence = refused("serve", "--port", "0", cwd=tmp_path, DJANGO_SETTINGS_MODULE="shop")
    assert sentence == "hubbub: DJANGO_SETTINGS_MODULE=shop: No module named 'till'\n"


def test_an_unknown_user(tmp_path):
    sentence = refused("token", "create", "grace", cwd=tmp_path)
    assert sentence == (
        "hubbub: there is no user 'grace'; make one with:"
        " hubbub manage createsuperuser --username grace\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--port", "http"],
        ["serve", "--port", "70000"],
        ["token", "create", "ada", "--days", "0"],
        ["token", "create", "ada", "--days", "long"],
        ["token", "revoke", "ada", "first"],
        ["token", "list"],
        ["prune", "--older-than", "30"],
        ["token"],
        ["sing"],
        [],
    ],
)
def test_a_command_that_is_none(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "usage: hubbub" in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"hubbub {__version__}\n"


def test_old_events_are_pruned(tmp_path):
    words = ("prune", "--older-than", "30d", "--dry-run")
    code, out, err = hubbub(*words, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{label}: would prune 0 events of 0 streams"
        for label in ("chat", "counter", "notifications")
    ]
    _, out, _ = hubbub("prune", cwd=tmp_path)
    assert out.startswith("Everything is kept: give --older-than, or settings such as HUBBUB_")


def test_a_database_that_cannot_be_pruned(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    words = ("prune", "--older-than", "30d")
    sentence = refused(*words, cwd=tmp_path, DJANGO_SETTINGS_MODULE="shop")
    assert "shop is not migrated" in sentence
    assert "Run: python manage.py migrate" in sentence


def test_what_serve_takes_for_granted():
    options = parser().parse_args(["serve"])
    assert (options.host, options.port, options.workers) == ("127.0.0.1", 8000, 1)


def test_a_variable_that_is_no_setting_is_named():
    with start_server(env={"HUBBUB_RATE_LIMT": "off"}) as server:
        sentence = "HUBBUB_RATE_LIMT is not a setting of Hubbub; did you mean HUBBUB_RATE_LIMIT?"
        assert f"hubbub: {sentence}" in server.output().splitlines()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_and_the_sockets_are_told(signum):
    with start_server() as server, connect(f"{server.ws}/ws/counter/") as ws:
        server.process.send_signal(signum)
        with pytest.raises(ConnectionClosedError):
            for _ in ws:
                pass
        assert ws.close_code == 1012
        assert "retry_after_ms=" in ws.close_reason
        server.process.wait(10)
        assert "Traceback" not in server.output()


def test_who_started_it_so_that_it_outlives_the_terminal_keeps_it(tmp_path):
    """As `nohup` does: the signal is ignored before the start."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    ignoring += " os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    port = free_port()
    serve = ["-m", "hubbub", "serve", "--port", str(port)]
    with start_process([sys.executable, "-c", ignoring, *serve], port) as server:
        server.process.send_signal(signal.SIGHUP)
        for _ in range(3):
            assert opener.open(f"{server.url}/healthz", timeout=10).status == 200
        assert server.process.poll() is None


@pytest.mark.parametrize(
    ("words", "variables", "address"),
    [
        ((), {}, "192.0.2.7"),
        (("--forwarded-allow-ips", "192.0.2.1"), {}, "127.0.0.1"),
        ((), {"FORWARDED_ALLOW_IPS": "192.0.2.1"}, "127.0.0.1"),
        (("--forwarded-allow-ips", "127.0.0.0/8"), {"FORWARDED_ALLOW_IPS": ""}, "192.0.2.7"),
    ],
)
def test_only_known_proxies_name_a_client_s_address(words, variables, address):
    headers = {"Origin": "http://elsewhere.example", "X-Forwarded-For": "192.0.2.7"}
    with start_server(*words, env=variables) as server:
        with pytest.raises(InvalidStatus):
            connect(f"{server.ws}/ws/counter/", additional_headers=headers)
        assert f" address={address}" in server.output()


@pytest.mark.parametrize("path", ["app", "/a b", "/a//b", "/a?b", "http://x/"])
def test_a_root_path_that_is_none(tmp_path, path):
    sentence = refused("serve", "--port", "0", "--root-path", path, cwd=tmp_path)
    assert "a root path looks like /app" in sentence


def test_a_root_path_in_the_environment_that_is_none(tmp_path):
    sentence = refused("serve", "--port", "0", cwd=tmp_path, HUBBUB_ROOT_PATH="app")
    assert "HUBBUB_ROOT_PATH" in sentence
    assert "a root path looks like /app" in sentence


def test_it_listens_elsewhere_and_says_what_that_means(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, str(port)],
        cwd=tmp_path,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"http://localhost:{port}/" in out
    assert "HUBBUB_NOTIFICATIONS_SEND=staff" in out
    assert "HUBBUB_ALLOWED_HOSTS adds others" in out


#: `hubbub serve --host 0.0.0.0`, but for the listening itself: no test opens a door to a network.
ELSEWHERE = """
import sys
from hubbub import cli, listening
listening.claim = lambda host, port: port
cli.serving.serve = lambda *args, **options: None
sys.exit(cli.main(["serve", "--host", "0.0.0.0", "--port", sys.argv[1]]))
"""


def test_all_addresses_of_ipv6_are_those_of_ipv4_too_as_while_it_is_edited(tmp_path):
    command = [sys.executable, "-c", EVERYWHERE, str(free_port())]
    out = subprocess.check_output(command, cwd=tmp_path, env=environment({}), text=True, timeout=60)
    assert out.endswith("asked for ::, served 1 of both\n")


#: As above, on this machine alone.
EVERYWHERE = """
import socket, sys
from hubbub import cli, listening
hosts = []
open_port = listening.open_port
listening.open_port = lambda host, port: hosts.append(host) or open_port("::ffff:127.0.0.1", port)
def serve(application, *, sockets, **options):
    alone = [one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) for one in sockets]
    print(f"asked for {hosts[-1]}, served {alone.count(0)} of both")
cli.serving.serve = serve
sys.exit(cli.main(["serve", "--host", "::", "--port", sys.argv[1]]))
"""


def test_a_project_is_not_migrated_by_us(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    words = ("serve", "--port", "0", "--data", "x")
    sentence = refused(*words, cwd=tmp_path, DJANGO_SETTINGS_MODULE="shop")
    first, second = sentence.splitlines()
    assert first == "hubbub: --data is left aside: shop has a database of its own."
    assert second.startswith("hubbub: the database of shop is not migrated (")
    assert second.endswith("). Run: python manage.py migrate")
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "shop.sqlite3").read_bytes()


def test_the_command_that_migrates_names_the_settings_that_were_named(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    sentence = refused("serve", "--port", "0", "--settings", "shop", cwd=tmp_path)
    assert sentence.endswith("Run: python manage.py migrate --settings shop\n")


def test_a_project_without_our_apps(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP + "INSTALLED_APPS = INSTALLED_APPS[:4]\n")
    sentence = refused("serve", "--port", "0", "--settings", "shop", cwd=tmp_path)
    assert sentence == "hubbub: shop: INSTALLED_APPS lacks hubbub.journal.\n"


def test_a_project_whose_application_is_not_there(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP + 'ASGI_APPLICATION = "shop.nothing"\n')
    sentence = refused("serve", "--port", "0", cwd=tmp_path, DJANGO_SETTINGS_MODULE="shop")
    assert sentence.startswith("hubbub: ASGI_APPLICATION = 'shop.nothing': ")


def test_a_project_with_a_wrong_setting(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP + 'HUBBUB_MAX_FRAME = "big"\n')
    sentence = refused("serve", "--port", "0", cwd=tmp_path, DJANGO_SETTINGS_MODULE="shop")
    assert sentence.startswith("hubbub: HUBBUB_MAX_FRAME: ")


def test_a_project_with_an_app_that_is_not_there(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP + 'INSTALLED_APPS += ["till"]\n')
    sentence = refused("serve", "--port", "0", cwd=tmp_path, DJANGO_SETTINGS_MODULE="shop")
    assert sentence == "hubbub: shop: No module named 'till'\n"


SHOP = """
SECRET_KEY = "for this test only, and long enough"
DEBUG = True
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "hubbub.accounts", "hubbub.journal", "hubbub.chat", "hubbub.notifications", "hubbub.counter",
]
CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
ROOT_URLCONF = "hubbub.urls"
"""


def test_a_token_for_a_user_of_a_project(tmp_path):
    (tmp_path / "shop.py").write_text(f"{SHOP}USE_TZ, TIME_ZONE = False, 'Asia/Tokyo'\n")
    variables = {"DJANGO_SETTINGS_MODULE": "shop", "DJANGO_SUPERUSER_PASSWORD": "correct horse"}
    assert hubbub("manage", "migrate", cwd=tmp_path, **variables)[0] == 0
    words = ("--noinput", "--username", "ada", "--email", "a@b.example")
    assert hubbub("manage", "createsuperuser", *words, cwd=tmp_path, **variables)[0] == 0
    code, out, _ = hubbub("token", "create", "ada", cwd=tmp_path, **variables)
    assert (code, out[:4]) == (0, "hub_")
    sentence = refused("token", "create", "bob", cwd=tmp_path, **variables)
    assert "python manage.py createsuperuser --username bob" in sentence
    words = ("--keep", "--label", "till")
    assert hubbub("token", "create", "ada", *words, cwd=tmp_path, **variables)[0] == 0
    code, out, _ = hubbub("token", "list", "ada", cwd=tmp_path, **variables)
    rows = [line.split("\t") for line in out.splitlines()]
    assert (code, [row[2:] for row in rows]) == (0, [["kept", "till"], ["password", ""]])
    end = datetime.strptime(f"{rows[0][1]}+0000", "%Y-%m-%d %H:%M UTC%z")
    assert abs(end - datetime.now(UTC) - timedelta(days=30)) < timedelta(hours=1)
    assert hubbub("token", "revoke", "ada", rows[0][0], cwd=tmp_path, **variables)[0] == 0
    _, out, _ = hubbub("token", "list", "ada", cwd=tmp_path, **variables)
    assert [line.split("\t") for line in out.splitlines()] == rows[1:]
    sentence = refused("token", "revoke", "ada", rows[0][0], cwd=tmp_path, **variables)
    assert sentence == f"hubbub: ada has no token {rows[0][0]}\n"
