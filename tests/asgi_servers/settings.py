"""The stand-alone site, with an application that tells more of its server."""

from hubbub.site.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.asgi_servers.site.application"
