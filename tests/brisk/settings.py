"""The stand-alone site, which looks more often than others at who is still signed in."""

from hubbub.site.settings import *  # noqa: F403
from hubbub.site.settings import INSTALLED_APPS

INSTALLED_APPS = ["tests.brisk", *INSTALLED_APPS]
