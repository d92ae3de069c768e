"""What the settings say of tokens that others sign (JWT, RFC 7519), and what one says by them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from jwt.algorithms import get_default_algorithms

from hubbub.errors import SettingError, TokenExpiredError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubbub.conf import Settings

    Claims = Mapping[str, Any]

#: Characters of a token; the longest of the large providers' have 3,000.
LONGEST = 8192
#: Bytes of a secret that signs (RFC 7518 section 3.2).
SECRET = 32
#: What PyJWT raises beside its own, at numbers without end and at values of another type.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which keys and algorithms count; no keys where an address has them."""

    keys: tuple[Any, ...]
    algorithms: tuple[str, ...]
    address: str | None


def rules(settings: Settings) -> Rules:
    """Those of the settings. Raises SettingError for what cannot be."""
    return read_rules(settings.jwt_key, settings.jwt_algorithms, settings.jwt_keys_address)


@lru_cache(maxsize=8)
def read_rules(keys: tuple[str, ...], algorithms: tuple[str, ...], address: str | None) -> Rules:
    """The rules, with keys that were parsed once. Raises SettingError.

    Whoever knows a public key could sign with it, if it also counted as a secret.
    """
    secret = {name.startswith("HS") for name in algorithms}
    if bool(keys) == bool(address):
        raise SettingError("jwt: give HUBBUB_JWT_KEY or HUBBUB_JWT_KEYS_ADDRESS, one of them")
    if not algorithms:
        raise SettingError("jwt: HUBBUB_JWT_ALGORITHMS is missing, as RS256")
    if len(secret) > 1 or (secret == {True} and address):
        raise SettingError("jwt: HUBBUB_JWT_ALGORITHMS has HS beside a public key")
    return Rules(tuple(read_key(key, algorithms) for key in keys), algorithms, address)


def read_key(text: str, algorithms: tuple[str, ...]) -> Any:
    """A secret, or a public key in PEM. Raises SettingError, which does not repeat it."""
    known = get_default_algorithms()
    for name in algorithms:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                key = known[name].prepare_key(text)
        except UNREADABLE:
            continue
        except KeyError:
            raise SettingError("jwt: pip install 'hubbub[jwt]' for public keys") from None
        if name.startswith("HS") and len(key) < SECRET:
            raise SettingError(f"jwt: HUBBUB_JWT_KEY is a secret of less than {SECRET} bytes")
        return key
    raise SettingError(f"jwt: HUBBUB_JWT_KEY is no key for {', '.join(algorithms)}")


def read_header(token: str, algorithms: tuple[str, ...]) -> str | None:
    """The id of a token's key, if it names one. Raises UnauthenticatedError."""
    try:
        header = jwt.get_unverified_header(token)
    except UNREADABLE:
        raise UnauthenticatedError("malformed token") from None
    if header.get("alg") not in algorithms:
        raise UnauthenticatedError("algorithm")
    if "crit" in header:  # RFC 7515 section 4.1.11: what we do not know is not to be accepted
        raise UnauthenticatedError("critical header")
    kid = header.get("kid")
    return None if kid is None else str(kid)


def read_claims(token: str, keys: tuple[Any, ...], settings: Settings) -> Claims:
    """What a token says that one of the keys has signed. Raises UnauthenticatedError.

    TokenExpiredError for one that is too old, and good else.
    """
    for key in keys:
        try:
            claims = decode(token, key, settings)
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise TokenExpiredError("expired token") from None
        except UNREADABLE as error:
            raise UnauthenticatedError(type(error).__name__) from None
        if "refresh" in {str(claims.get(name)).lower() for name in ("token_type", "typ")}:
            raise UnauthenticatedError("refresh token")
        return claims
    raise UnauthenticatedError("signature")


def decode(token: str, key: Any, settings: Settings) -> Claims:
    """PyJWT's, by the settings; `sub` may be a number, which some write."""
    claims: Claims = jwt.decode(
        token,
        key,
        algorithms=list(settings.jwt_algorithms),
        audience=settings.jwt_audience or None,
        issuer=settings.jwt_issuer or None,
        leeway=settings.jwt_leeway,
        options={"require": ["exp", settings.jwt_claim], "verify_sub": False},
    )
    return claims


def end_of(claims: Claims, leeway: float) -> datetime:
    """The moment at which a token ends, the longest one where its number has no date."""
    try:
        return datetime.fromtimestamp(int(claims["exp"]) + leeway, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)
