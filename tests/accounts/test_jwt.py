"""Tokens that others sign: whose signature counts, what they must say, and whom they name."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from time import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.core.checks import run_checks

from hubbub.accounts.caller import ANONYMOUS
from hubbub.accounts.identify import identify
from hubbub.accounts.jwt_rules import LONGEST
from hubbub.errors import TokenExpiredError, UnauthenticatedError

SECRET = "s" * 64
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()
KEYS = {
    "HS256": SECRET,
    "HS384": SECRET,
    "HS512": SECRET,
    "RS256": RSA,
    "RS512": RSA,
    "PS256": RSA,
    "ES256": P256,
    "ES384": P384,
    "EdDSA": ED,
}


def pem(key):
    """What a project has of a key: the public half, or the secret."""
    if isinstance(key, str):
        return key
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def part(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def raw(header, claims, sign=lambda text: b""):
    """A token of whatever is in it, signed by whatever."""
    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(sign(text.encode()))}"


def by_hmac(secret):
    return lambda text: hmac.new(secret.encode(), text, hashlib.sha256).digest()


@pytest.fixture
def accept(settings):
    """Have tokens count that are signed so; more settings by their names."""

    def put(algorithm="HS256", key=None, **more):
        settings.HUBBUB_AUTHENTICATION = ["token", "jwt", "session"]
        settings.HUBBUB_JWT_ALGORITHMS = [algorithm]
        settings.HUBBUB_JWT_KEY = pem(KEYS[algorithm] if key is None else key)
        for name, value in more.items():
            setattr(settings, f"HUBBUB_JWT_{name.upper()}", value)

    put()
    return put


@pytest.fixture
def claims(ada):
    return {"sub": str(ada.pk), "exp": int(time()) + 600}


def signed(claims, algorithm="HS256", key=None, **header):
    return jwt.encode(claims, KEYS[algorithm] if key is None else key, algorithm, header)


@pytest.fixture
def who(make_scope):
    """Who speaks with a token, wherever it is shown."""

    async def ask(token, where="header"):
        if where == "header":
            return await identify(make_scope(("authorization", f"Bearer {token}")))
        if where == "query":
            return await identify(make_scope(query=f"token={token}"))
        return await identify(make_scope(subprotocols=("hubbub.v1", f"bearer.{token}")))

    return ask


@pytest.fixture
def refused(who):
    async def ask(token):
        with pytest.raises(UnauthenticatedError) as caught:
            await who(token)
        assert type(caught.value) is UnauthenticatedError
        return caught.value.why

    return ask


@pytest.mark.parametrize("algorithm", KEYS)
async def test_a_token_counts_that_is_signed_as_the_settings_say(
    ada, accept, claims, who, algorithm
):
    accept(algorithm)
    caller = await who(signed(claims, algorithm))
    assert (caller.user_id, caller.username) == (ada.pk, "ada")


@pytest.mark.parametrize("where", ["header", "query", "subprotocol"])
async def test_it_is_shown_as_one_of_ours(ada, accept, claims, who, where):
    assert (await who(signed(claims), where)).user_id == ada.pk


async def test_another_s_signature_does_not_count(accept, claims, refused):
    assert await refused(signed(claims, key="x" * 64)) == "signature"
    accept("RS256")
    assert await refused(signed(claims, "RS256", OTHER_RSA)) == "signature"


async def test_one_of_several_keys_is_enough(ada, accept, claims, who, settings):
    """While one takes another's place."""
    accept("RS256")
    settings.HUBBUB_JWT_KEY = [pem(OTHER_RSA), pem(RSA)]
    for key in (RSA, OTHER_RSA):
        assert (await who(signed(claims, "RS256", key))).user_id == ada.pk


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, 7, ["HS256"]])
async def test_no_signature_is_none_that_counts(accept, claims, refused, name):
    for header in ({"alg": name, "typ": "JWT"}, {"typ": "JWT"}):
        await refused(raw(header, claims))
        await refused(raw(header, claims, by_hmac(SECRET)))


async def test_another_algorithm_than_the_settings_does_not_count(accept, claims, refused):
    assert await refused(signed(claims, "HS512")) == "algorithm"
    accept("RS256")
    assert await refused(signed(claims, "PS256")) == "algorithm"


async def test_a_public_key_is_no_secret(accept, claims, refused):
    """The oldest trick: HS256 by the key that everybody knows."""
    accept("RS256")
    for secret in (pem(RSA), pem(RSA).strip(), pem(RSA) + "\n"):
        forged = raw({"alg": "HS256", "typ": "JWT"}, claims, by_hmac(secret))
        assert await refused(forged) == "algorithm"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_that_the_token_brings_along_does_not_count(accept, claims, refused, name):
    accept("RS256")
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(OTHER_RSA.public_key()))
    header = {name: public if name == "jwk" else "http://127.0.0.1:9/keys"}
    assert await refused(signed(claims, "RS256", OTHER_RSA, **header)) == "signature"


async def test_a_critical_header_is_not_understood(accept, claims, refused):
    assert await refused(signed(claims, crit=["b64"], b64=False)) != ""


async def test_an_expired_one_is_told_so(accept, claims, who):
    with pytest.raises(TokenExpiredError):
        await who(signed(claims | {"exp": int(time()) - 1}))


async def test_an_expired_one_that_is_forged_is_told_nothing(accept, claims, refused):
    assert await refused(signed(claims | {"exp": int(time()) - 1}, key="x" * 64)) == "signature"


async def test_clocks_may_differ_by_the_leeway(ada, accept, claims, who):
    accept(leeway=60)
    exp = int(time()) - 30
    caller = await who(signed(claims | {"exp": exp, "nbf": exp + 60, "iat": exp + 60}))
    assert caller.user_id == ada.pk
    assert caller.grant.expires == datetime.fromtimestamp(exp + 60, UTC)


async def test_a_connection_knows_the_end_of_its_token(accept, claims, who):
    grant = (await who(signed(claims))).grant
    assert grant.expires == datetime.fromtimestamp(claims["exp"], UTC)


@pytest.mark.parametrize("name", ["nbf", "iat"])
async def test_one_of_the_future_does_not_count(accept, claims, refused, name):
    assert await refused(signed(claims | {name: int(time()) + 60})) == "ImmatureSignatureError"


@pytest.mark.parametrize("name", ["exp", "sub"])
async def test_what_is_missing_is_missing(accept, claims, refused, name):
    assert await refused(signed({k: v for k, v in claims.items() if k != name})) == (
        "MissingRequiredClaimError"
    )


@pytest.mark.parametrize("exp", ["soon", None, [], {}, "1e400"])
async def test_an_end_that_is_none_is_refused(accept, claims, refused, exp):
    await refused(raw({"alg": "HS256"}, claims | {"exp": exp}, by_hmac(SECRET)))


async def test_an_end_without_a_date_is_far_away(accept, claims, who):
    assert (await who(signed(claims | {"exp": 10**18}))).grant.expires.year == 9999


@pytest.mark.parametrize(
    "case",
    [
        (["chat"], "chat", True),
        (["chat", "shop"], ["shop", "mail"], True),
        (["chat"], "shop", False),
        (["chat"], ["shop"], False),
        (["chat"], None, False),
        ([], "chat", False),
    ],
)
async def test_it_has_to_be_meant_for_us(accept, claims, who, refused, case):
    setting, told, good = case
    accept(audience=setting)
    token = signed(claims if told is None else claims | {"aud": told})
    if good:
        assert (await who(token)).user_id is not None
    else:
        await refused(token)


@pytest.mark.parametrize(
    "case", [("https://a.example/", True), ("https://b.example/", True), ("x", False)]
)
async def test_it_has_to_be_from_whom_we_trust(accept, claims, who, refused, case):
    told, good = case
    accept(issuer="https://a.example/,https://b.example/")
    await refused(signed(claims))
    token = signed(claims | {"iss": told})
    if good:
        assert (await who(token)).user_id is not None
    else:
        assert await refused(token) == "InvalidIssuerError"


@pytest.mark.parametrize("claim", [{"token_type": "refresh"}, {"typ": "Refresh"}])
async def test_a_token_that_only_buys_others_does_not_speak(accept, claims, refused, claim):
    assert await refused(signed(claims | claim)) == "refresh token"


@pytest.mark.parametrize("sub", ["0", "999999", "-1", "abc", "", "1\0"])
async def test_a_user_who_is_not_there_is_refused(accept, claims, refused, sub):
    await refused(signed(claims | {"sub": sub}))


@pytest.mark.parametrize("way", [" {}", "{} ", "0{}", "+{}", "{}.0", "{}e0", "\uff11{}"])
async def test_a_key_is_written_in_one_way(ada, accept, claims, refused, way):
    await refused(signed(claims | {"sub": way.format(ada.pk)}))
    wide = str(ada.pk).translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert await refused(signed(claims | {"sub": wide})) == "claim of the user"


@pytest.mark.parametrize("sub", [True, None, 1.0, [1], {"id": 1}, 10**30])
async def test_a_claim_that_names_nobody_is_refused(accept, claims, refused, sub):
    await refused(raw({"alg": "HS256"}, claims | {"sub": sub}, by_hmac(SECRET)))


async def test_the_claim_and_the_field_are_settings(ada, accept, claims, who, refused):
    accept(claim="user_id")
    token = raw({"alg": "HS256"}, claims | {"user_id": ada.pk, "sub": "x"}, by_hmac(SECRET))
    assert (await who(token)).user_id == ada.pk
    accept(claim="sub", field="username")
    assert (await who(signed(claims | {"sub": "ada"}))).user_id == ada.pk
    assert await refused(signed(claims)) == "unknown user", "the key is no name"


async def test_an_inactive_user_is_refused(ada, accept, claims, refused):
    ada.is_active = False
    await ada.asave()
    assert await refused(signed(claims)) == "inactive user"


@pytest.mark.parametrize(
    "token",
    [
        "a.b.c",
        "..",
        "eyJhbGciOiJIUzI1NiJ9..",
        part(b'{"alg":"HS256","kid":7}') + ".e30.x",
        part(b"[" * 3000) + ".e30.x",
        part(b"{}") + ".e30.x",
    ],
)
async def test_what_only_looks_like_one_is_refused(accept, ada, refused, token):
    await refused(token)


async def test_a_payload_that_is_no_object_is_refused(accept, ada, refused):
    for payload in ([], "text", 7, None):
        await refused(raw({"alg": "HS256"}, payload, by_hmac(SECRET)))
    deep = ".".join((part(b'{"alg":"HS256"}'), part(b"[" * 5000)))
    await refused(f"{deep}.{part(by_hmac(SECRET)(deep.encode()))}")


async def test_an_encrypted_one_or_a_word_is_refused(accept, ada, refused):
    for token in ("a.b.c.d.e", "null", "undefined"):
        await refused(token)


async def test_one_that_is_too_long_is_not_even_read(accept, claims, refused, who):
    token = signed(claims | {"jti": "x" * LONGEST})
    assert await refused(token) == "long token"


async def test_our_own_tokens_go_on(ada, accept, who, make_scope):
    from hubbub.accounts.tokens import token_create

    secret = await asyncio.to_thread(token_create, user=ada)
    assert (await who(secret)).user_id == ada.pk
    assert await identify(make_scope()) is ANONYMOUS


async def test_no_error_shows_the_token(accept, claims, who):
    token = signed(claims, key="x" * 64)
    with pytest.raises(UnauthenticatedError) as caught:
        await who(token)
    assert token not in str(caught.value) + repr(caught.value) + caught.value.why


WRONG = {
    "HUBBUB_JWT_ALGORITHMS is missing": {"ALGORITHMS": []},
    "give HUBBUB_JWT_KEY or HUBBUB_JWT_KEYS_ADDRESS": {"KEY": ""},
    "one of them": {"KEYS_ADDRESS": "https://example.org/keys"},
    "HS beside a public key": {"ALGORITHMS": ["HS256", "RS256"], "KEY": pem(RSA)},
    "no key for HS256": {"ALGORITHMS": ["HS256"], "KEY": pem(RSA)},
    "no key for RS256": {"ALGORITHMS": ["RS256"], "KEY": SECRET},
    "no key for ES256": {"ALGORITHMS": ["ES256"], "KEY": pem(RSA)},
    "a secret of less than 32 bytes": {"KEY": "short"},
    "a user has no 'nickname'": {"FIELD": "nickname"},
    "'first_name' is not unique": {"FIELD": "first_name"},
}


@pytest.mark.parametrize("sentence", WRONG)
def test_settings_that_cannot_be_are_told_by_the_check(accept, settings, sentence):
    for name, value in WRONG[sentence].items():
        setattr(settings, f"HUBBUB_JWT_{name}", value)
    (error,) = run_checks(tags=["hubbub"])
    assert error.id == "hubbub.E004"
    assert sentence in error.msg
    assert SECRET not in error.msg
    assert "short" not in error.msg


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALGORITHMS", ["none"]),
        ("KEYS_ADDRESS", "file:///etc/passwd"),
        ("LEEWAY", -1),
        ("KEY", [SECRET, 7]),
    ],
)
def test_values_that_are_none_are_told_by_the_check(accept, settings, name, value):
    setattr(settings, f"HUBBUB_JWT_{name}", value)
    (error,) = run_checks(tags=["hubbub"])
    assert error.id == "hubbub.E001"
    assert SECRET not in error.msg


def test_a_secret_beside_an_address_is_refused(accept, settings):
    settings.HUBBUB_JWT_KEY = ""
    settings.HUBBUB_JWT_KEYS_ADDRESS = "https://example.org/keys"
    (error,) = run_checks(tags=["hubbub"])
    assert "HS beside a public key" in error.msg


def test_without_pyjwt_the_check_says_what_to_install(accept, monkeypatch):
    import sys

    from hubbub.accounts.authentication import ways_of

    ways_of.cache_clear()
    for name in ("jwt_way", "jwt_rules", "jwks"):
        monkeypatch.delitem(sys.modules, f"hubbub.accounts.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "jwt", None)
    (error,) = run_checks(tags=["hubbub"])
    assert "pip install 'hubbub[jwt]'" in error.msg
