"""A project whose routers send our tables to a second database, and its users to none of ours."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from tests.http.calls import call
from tests.journal import postgresql
from tests.places.projects import Project, hear, post, said
from tests.servers import ROOT

ROUTERS = """
class Routers:
    def db_for_read(self, model, **hints):
        return "stale" if self.is_ours(model._meta.app_label) else None

    def db_for_write(self, model, **hints):
        return "live" if self.is_ours(model._meta.app_label) else None

    def allow_migrate(self, db, app_label, **hints):
        return (db == "live") == self.is_ours(app_label)

    def is_ours(self, label):
        return label.startswith("hubbub_")

DATABASE_ROUTERS = [Routers()]
DATABASES["live"] = DATABASES["default"] | {"NAME": BASE_DIR / "live.sqlite3"}
DATABASES["stale"] = DATABASES["default"] | {"NAME": BASE_DIR / "stale.sqlite3"}
HUBBUB_CHAT_KEEP_MESSAGES = 2
"""
ON_POSTGRESQL = """
import dj_database_url
DATABASES["live"] = dict(dj_database_url.parse({url!r}))
"""
VIEWS = """
from django.db import transaction
from django.http import HttpResponse, JsonResponse

from hubbub.chat import services


def publish(request, alias, room, text):
    try:
        with transaction.atomic(using=alias):
            services.post(room=room, message=text, username="view")
            if text == "never":
                raise PermissionError
    except PermissionError:
        pass
    return JsonResponse({"status": "success", "data": text})


urlpatterns += [path("publish/<alias>/<room>/<text>/", publish)]
"""
USER = """
from django.contrib.auth.models import User
User.objects.create_superuser("ada", password="lovelace")
"""


def made(folder, url=""):
    project = Project(folder, settings=ROUTERS + (ON_POSTGRESQL.format(url=url) if url else ""))
    (folder / "urls.py").write_text((folder / "urls.py").read_text() + VIEWS)
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """On SQLite; or on PostgreSQL, where one is given, and the users on SQLite."""
    folder = tmp_path_factory.mktemp("routed")
    if not postgresql.given():
        yield migrated(made(folder))
        return
    with postgresql.new_database(postgresql.given()) as url:
        yield migrated(made(folder, url))


def migrated(project):
    project.manage("migrate")
    project.manage("migrate", "--database", "live")
    project.shell(USER)
    return project


@pytest.fixture(scope="module")
def server(project):
    with project.serve() as running:
        yield running


@pytest.fixture(scope="module")
def token(server):
    body = {"username": "ada", "password": "lovelace"}
    return call(f"{server.url}/api/auth/token/", body).data["token"]


def tables(project, name):
    with closing(sqlite3.connect(project.folder / f"{name}.sqlite3")) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}


def test_only_one_database_has_our_tables(project):
    assert not {name for name in tables(project, "shop") if name.startswith("hubbub")}
    assert "auth_user" in tables(project, "shop")
    if not postgresql.given():
        assert "hubbub_stream" in tables(project, "live")
        assert not {name for name in tables(project, "live") if name.startswith("auth")}


def test_it_is_ready_and_its_checks_pass(project, server):
    assert call(f"{server.url}/readyz").status == 200
    assert "no issues" in project.manage("check", "--database", "live").stdout


def test_rooms_counters_and_notifications_work(server, token):
    auth = {"additional_headers": {"Authorization": f"Bearer {token}"}}
    with hear(server, "/ws/chat/den/?history=10", **auth) as socket:
        assert said(socket)["type"] == "history"
        socket.send(json.dumps({"type": "chat_message", "message": "hello", "id": "1"}))
        assert {said(socket)["type"], said(socket)["type"]} == {"chat_message", "ack"}
        post(server, "den", "over HTTP")
        assert said(socket)["message"] == "over HTTP"
    assert len(call(f"{server.url}/api/chat/den/messages/").data["messages"]) == 2
    assert call(f"{server.url}/api/counter/c/", {"action": "increment"}).data["counter"] == 1
    with hear(server, "/ws/notifications/", **auth) as socket:
        said(socket)
        note = {"title": "T", "message": "m"}
        call(f"{server.url}/api/notifications/send/", note)
        while said(socket).get("title") != "T":
            pass
    inbox = f"{server.url}/api/notifications/"
    assert call(inbox, bearer=token).data["unread"] == 1
    read = call(f"{inbox}read-all/", {}, bearer=token)
    assert read.data["unread"] == 0


def test_what_another_process_stores_is_heard(project, server):
    with hear(server, "/ws/chat/elsewhere/") as socket:
        project.shell(
            "from hubbub.chat.services import post;"
            " post(room='elsewhere', message='from a command', username='x')"
        )
        assert said(socket)["message"] == "from a command"


def test_a_transaction_on_our_database_is_the_one_that_counts(server):
    with hear(server, "/ws/chat/atomic/") as socket:
        call(f"{server.url}/publish/live/atomic/never/")
        call(f"{server.url}/publish/live/atomic/after/")
        assert said(socket)["message"] == "after"
        call(f"{server.url}/publish/default/atomic/never/")
        assert said(socket)["message"] == "never"


def test_a_token_is_its_user_s_over_both_databases(project, server, token):
    assert call(f"{server.url}/api/auth/tokens/", bearer=token).data["tokens"][0]["current"]
    listed = project.run("hubbub", "token", "list", "ada").stdout
    assert "HTTP" in listed


def test_old_events_are_pruned(project, server):
    for text in ("one", "two", "three", "four"):
        post(server, "old", text)
    project.manage("hubbub_prune")
    found = call(f"{server.url}/api/chat/old/messages/").data["messages"]
    assert [row["message"] for row in found] == ["three", "four"]


ADMIN = """
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.get(username="ada"))
for page in (
    "hubbub_journal/stream/", "hubbub_chat/message/", "hubbub_counter/counter/",
    "hubbub_counter/change/", "hubbub_notifications/notification/",
    "hubbub_accounts/token/", "hubbub_accounts/token/?q=ada", "hubbub_accounts/token/{pk}/change/",
):
    from hubbub.accounts.models import Token
    page = page.format(pk=Token.objects.first().pk)
    answer = client.get(f"/admin/{page}")
    assert answer.status_code == 200, (page, answer.status_code)
    if "token" in page and "?" not in page:
        assert b"ada" in answer.content
print("all")
"""


def test_the_admin_shows_what_is_there(project, server, token):
    assert project.shell(ADMIN) == "all"


GONE = """
from django.contrib.auth.models import User
from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_create
eve = User.objects.create_user("eve", password="eve")
token_create(user=eve)
assert Token.objects.filter(user_id=eve.pk).count() == 1
number = eve.pk
eve.delete()
print(Token.objects.filter(user_id=number).count())
"""


def test_tokens_end_with_their_user(project, token):
    assert project.shell(GONE) == "0"


def test_a_database_that_is_not_migrated_is_named_with_its_command(tmp_path):
    project = made(tmp_path)
    project.manage("migrate")
    done = project.run("hubbub", "serve", "--port", "0", check=False)
    assert done.returncode == 2
    assert "python manage.py migrate --database live" in done.stderr


def documented(page, part):
    """The blocks of a page that have some text in them."""
    text = (ROOT / "docs" / page).read_text()
    return [block for block in re.findall(r"```\w+\n(.*?)```", text, re.DOTALL) if part in block]


def test_the_routers_of_the_documents_do(tmp_path):
    [routers] = documented("your-project.md", "class Routers")
    [commands] = documented("your-project.md", "migrate --database live")
    settings = f"""{routers}
DATABASE_ROUTERS = [Routers()]
DATABASES["live"] = DATABASES["default"] | {{"NAME": BASE_DIR / "live.sqlite3"}}
"""
    project = Project(tmp_path, settings=settings)
    for line in commands.splitlines():
        project.manage(*line.removeprefix("python manage.py ").split())
    assert "hubbub_stream" in tables(project, "live")
    assert not {name for name in tables(project, "shop") if name.startswith("hubbub")}
    project.manage("check")


def test_the_direct_address_of_the_documents_is_one(tmp_path):
    [direct] = documented("deploy.md", "HUBBUB_LISTEN =")
    project = Project(tmp_path, settings=direct)
    project.manage("check")
