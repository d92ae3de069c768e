"""The Django settings of the tests."""

import os
import tempfile
from pathlib import Path

from hubbub.site.database import databases

# A file, since a database in memory locks whole tables between threads; one a test run.
DATABASE = Path(tempfile.gettempdir()) / f"hubbub-test-{os.getpid()}.sqlite3"

SECRET_KEY = "only for tests"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "ninja",
    "hubbub.accounts.apps.AccountsConfig",
    "hubbub.journal",
    "hubbub.chat.apps.ChatConfig",
    "hubbub.notifications.apps.NotificationsConfig",
    "hubbub.counter.apps.CounterConfig",
    "tests.toys",
]
CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}
ROOT_URLCONF = "tests.admins"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# PostgreSQL, where one is given (tests/journal/test_postgresql.py gives one).
DATABASES = databases(os.environ.get("TEST_DATABASE_URL"), DATABASE.parent)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"] |= {"NAME": str(DATABASE), "TEST": {"NAME": str(DATABASE)}}
    # One left open by a thread may not be looked at in a test that is not about the database.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
