"""A project whose users sign in with an e-mail address, and have a UUID for a key."""

from __future__ import annotations

from tests.projects import migrate, new_project, run

MODELS = """
import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class People(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save()
        return person

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    nickname = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    objects = People()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
"""
SETTINGS = """
INSTALLED_APPS += ["people"]
AUTH_USER_MODEL = "people.Person"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""


def people_project(folder, settings=""):
    """Make such a project by the README, migrated, with more settings."""
    new_project(folder)
    app = folder / "people"
    (app / "migrations").mkdir(parents=True)
    for name in ("__init__.py", "migrations/__init__.py"):
        (app / name).touch()
    (app / "models.py").write_text(MODELS)
    with (folder / "project" / "settings.py").open("a") as file:
        file.write(SETTINGS + settings)
    run("manage.py", "makemigrations", "people", "--verbosity", "0", cwd=folder)
    migrate(folder)
    return folder
