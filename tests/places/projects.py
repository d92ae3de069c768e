"""A Django project made by the README, with what a test adds to its settings, views and more.

project = Project(tmp_path, settings="ATOMIC_REQUESTS = True")
project.manage("migrate")
with project.serve() as server:
    ...
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from websockets.sync.client import ClientConnection, connect

from tests.http.calls import call
from tests.servers import RunningServer, environment, free_port, start_process, start_server

if TYPE_CHECKING:
    from pathlib import Path
from shutil import rmtree

SETTINGS = """
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = "for these tests only, and long enough"
DEBUG = True
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.messages", "django.contrib.sessions", "django.contrib.staticfiles",
    "ninja",
    "hubbub.accounts", "hubbub.journal", "hubbub.chat", "hubbub.notifications", "hubbub.counter",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "shop.sqlite3"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}
ROOT_URLCONF = "urls"
ASGI_APPLICATION = "asgi.application"
STATIC_URL = "/static/"
HUBBUB_NOTIFICATIONS_SEND = "anyone"
"""
ASGI = """
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from hubbub.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter([*websocket_urlpatterns])}
)
"""
URLS = """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("", include("hubbub.urls"))]
"""
SECONDS = 20


@dataclass
class Project:
    """A project in a folder."""

    folder: Path
    settings: str = ""
    urls: str = ""
    asgi: str = ""

    def __post_init__(self) -> None:
        # Python takes what it compiled for good where a file is as old, in seconds, and as long.
        rmtree(self.folder / "__pycache__", ignore_errors=True)
        (self.folder / "shop.py").write_text(SETTINGS + self.settings)
        (self.folder / "urls.py").write_text(URLS + self.urls)
        (self.folder / "asgi.py").write_text(ASGI + self.asgi)

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a Python module in the project's folder."""
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env=environment({"DJANGO_SETTINGS_MODULE": "shop"}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def manage(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of Django's."""
        return self.run("django", *words, check=check)

    def shell(self, code: str) -> str:
        """What some code prints that is run in the project."""
        return self.manage("shell", "-v", "0", "-c", code).stdout.strip()

    def serve(self, *args: str, wait_for: str = "/healthz") -> RunningServer:
        """Run `hubbub serve`."""
        env = {"DJANGO_SETTINGS_MODULE": "shop"}
        return start_server(*args, env=env, cwd=self.folder, wait_for=wait_for)

    def serve_by(self, *words: str) -> RunningServer:
        """Run another server; `{port}` in its words is the port."""
        port = free_port()
        command = [sys.executable, "-m", *(word.format(port=port) for word in words)]
        env = {"DJANGO_SETTINGS_MODULE": "shop"}
        return start_process(command, port, env=env, cwd=self.folder)


def hear(server: RunningServer, path: str, **options: Any) -> ClientConnection:
    """Open a socket."""
    return connect(f"{server.ws}{path}", proxy=None, open_timeout=SECONDS, **options)


def said(socket: ClientConnection) -> dict[str, Any]:
    """The next frame of a socket."""
    return json.loads(socket.recv(timeout=SECONDS))


def post(server: RunningServer, room: str, text: str) -> dict[str, Any]:
    """Say something over HTTP."""
    body = {"message": text, "username": "zoe"}
    return call(f"{server.url}/api/chat/{room}/messages/", body).data
