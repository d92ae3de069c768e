"""What a project writes itself for `HUBBUB_AUTHENTICATION`."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from hubbub.accounts.signed_in import SignedIn
from hubbub.errors import UnauthenticatedError


class ByHeader:
    """Believes a header of its own, as behind a gateway."""

    csrf = False

    async def authenticate(self, scope):
        name = dict(scope["headers"]).get(b"x-name")
        if name is None:
            return None
        if name == b"nobody":
            return AnonymousUser()
        if name == b"bad":
            raise UnauthenticatedError("gateway")
        if name == b"banned":
            raise PermissionDenied
        return await get_user_model().objects.aget(username=name.decode())


class ByCookie:
    """Believes a cookie of its own, which a browser sends unasked."""

    async def authenticate(self, scope):
        cookies = dict(scope["headers"]).get(b"cookie", b"").decode()
        if "shop=ada" not in cookies:
            return None
        return await get_user_model().objects.aget(username="ada")


class ByBearer:
    """Takes a token of another system's, until a moment."""

    expires = None

    async def authenticate(self, scope):
        shown = dict(scope["headers"]).get(b"authorization", b"")
        if shown != b"Bearer other":
            return None
        return SignedIn(await get_user_model().objects.aget(username="ada"), self.expires)


by_header = ByHeader()


class Blocking:
    def authenticate(self, scope):
        return None


class Broken:
    def __init__(self):
        raise ZeroDivisionError("no such gateway")
