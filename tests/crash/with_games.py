"""The site's settings, and the toy kind's app: a project with a kind of its own."""

from hubbub.site.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.toys"]  # noqa: F405
