"""The Django settings of the stand-alone site, all of them made from the environment."""

from __future__ import annotations

from hubbub import conf
from hubbub.site.database import databases
from hubbub.site.environment import environment
from hubbub.site.logs import logging_config
from hubbub.site.secret import data_folder, kept_secret

_env = environment()

DATA = data_folder(_env.data)
SECRET_KEY = _env.secret_key.get_secret_value() if _env.secret_key else kept_secret(DATA)
DEBUG = _env.debug
ALLOWED_HOSTS = list(_env.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(_env.csrf_trusted_origins)
DATABASES = databases(
    _env.database_url.get_secret_value() if _env.database_url else None,
    DATA,
    _env.sqlite_synchronous,
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "hubbub.site",
    "hubbub.runserver",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "hubbub.accounts",
    "hubbub.journal",
    "hubbub.chat",
    "hubbub.notifications",
    "hubbub.counter",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "hubbub.site.policy.content_security_policy",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "hubbub.site.urls"
ASGI_APPLICATION = "hubbub.asgi.application"
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
CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}

# Django puts it before every path of its own; under it lie the static files too.
FORCE_SCRIPT_NAME = _env.root_path or None
STATIC_URL = f"{_env.root_path or ''}/static/"
# The packages' own files are served as they lie, so that nothing has to be collected first.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = False

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING = logging_config(_env.log_level, _env.log_format)
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "page"
LOGOUT_REDIRECT_URL = "page"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# A cookie of localhost goes to every port there: the name keeps other projects' sessions apart.
SESSION_COOKIE_NAME = "hubbub_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _env.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _env.https else None
# A month: whoever gives HTTPS up again has lost no reader for a year.
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _env.https else 0
SECURE_SSL_REDIRECT = _env.https
SILENCED_SYSTEM_CHECKS = list(_env.silenced_checks)

# Each setting of Hubbub, HUBBUB_RATE_LIMIT and so on.
globals().update(
    {conf.PREFIX + name.upper(): getattr(_env, name) for name in conf.Settings.model_fields}
)
