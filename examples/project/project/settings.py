"""A small shop that tells its customers what happens to their orders."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("PROJECT_DATA", BASE_DIR))

SECRET_KEY = os.environ.get("PROJECT_SECRET_KEY", "for this machine only, and long enough for it")
DEBUG = True

INSTALLED_APPS = [
    "hubbub.runserver",  # `manage.py runserver` with sockets; before django.contrib.staticfiles
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "ninja",
    "hubbub.accounts",
    "hubbub.journal",
    "hubbub.chat",
    "hubbub.notifications",
    "hubbub.counter",
    "customers",
    "orders",
]
AUTH_USER_MODEL = "customers.Customer"
HUBBUB_SHOWN_NAME = "nickname"  # and never the address
# A customer's phone brings what the shop's login service has signed, a page its session.
HUBBUB_AUTHENTICATION = ["token", "jwt", "session"]
HUBBUB_JWT_ALGORITHMS = ["HS256"]
HUBBUB_JWT_KEY = os.environ.get("PROJECT_JWT_KEY", "what the login service signs with, 32 bytes")
HUBBUB_JWT_CLAIM = HUBBUB_JWT_FIELD = "email"
CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}
ASGI_APPLICATION = "project.asgi.application"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "project.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "project.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
USE_TZ = True
