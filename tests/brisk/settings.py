"""The stand-alone site, which looks more often than others at who is still signed in.

A password costs it a microsecond, not the third of a second that it costs who wants to guess one.
"""

from hubbub.site.settings import *  # noqa: F403
from hubbub.site.settings import INSTALLED_APPS

INSTALLED_APPS = ["tests.brisk", *INSTALLED_APPS]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
