"""Somebody's own Django project, with Hubbub's apps in it."""

import os
from pathlib import Path

import dj_database_url

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "ninja",
    "hubbub.accounts",
    "hubbub.journal",
    "hubbub.chat",
    "hubbub.notifications",
    "hubbub.counter",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "tests.api_v1.project.urls"
ASGI_APPLICATION = "tests.api_v1.project.asgi.application"
CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["HUBBUB_DATA"]) / "project.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10},
    }
}
if "HUBBUB_DATABASE_URL" in os.environ:
    # As Django's own documentation has it: no pool, a connection a request.
    DATABASES["default"] = dict(dj_database_url.parse(os.environ["HUBBUB_DATABASE_URL"]))
HUBBUB_RATE_LIMIT = os.environ.get("HUBBUB_RATE_LIMIT", "100/m")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("HUBBUB_LOG_LEVEL", "INFO")},
}
