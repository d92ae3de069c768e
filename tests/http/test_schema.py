"""Everything that the OpenAPI description allows, and much that it does not, sent by schemathesis.

The checks are its own: no server error, only documented statuses, bodies and headers as described,
good input taken, bad input refused. To run a printed seed again: HUBBUB_TEST_SEED=<seed>.
"""

import json
import os
import secrets

import pytest
import schemathesis
from django.core.asgi import get_asgi_application
from hypothesis import HealthCheck, seed, settings

from hubbub.accounts.tokens import token_create
from tests.http.urls import api as door

SEED = int(os.environ.get("HUBBUB_TEST_SEED") or secrets.randbits(32))
EXAMPLES = 20
#: Where good input may be refused for what is stored: a password that nobody has, an `id` that was
#: used for something else, a counter that is at its end, a notification that nobody sent.
STATEFUL = (
    "/api/auth/token/",
    "/api/chat/{room}/messages/",
    "/api/counter/{name}/",
    "/api/notifications/send/",
    "/api/notifications/{number}/read/",
    "/api/auth/token/revoke/",
)
#: For signed-in users only.
INBOX = (
    "/api/notifications/",
    "/api/notifications/read-all/",
    "/api/notifications/{number}/read/",
    "/api/auth/tokens/",
)
#: Where the `username` counts of those alone who are not signed in.
NAMED = ("/api/chat/{room}/messages/",)

schema = schemathesis.openapi.from_dict(
    json.loads(json.dumps(door.get_openapi_schema(path_prefix="/api/")))
)
schema.app = get_asgi_application()


@pytest.fixture(autouse=True)
def open_door(transactional_db, settings):
    print(f"HUBBUB_TEST_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    settings.HUBBUB_NOTIFICATIONS_SEND = "anyone"
    settings.ALLOWED_HOSTS = ["*"]
    settings.HUBBUB_RATE_LIMIT = None
    settings.HUBBUB_RATE_LIMIT_READS = None
    settings.HUBBUB_RATE_LIMIT_BEGIN = None


bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def check(case, **headers: str) -> None:
    response = case.call(headers=headers)
    excluded = []
    if case.path in STATEFUL and case.method == "POST":
        excluded.append(schemathesis.checks.positive_data_acceptance)
    if headers and case.path in INBOX + NAMED:
        # To it, data without the header is bad data; the test itself adds the header. And bad in a
        # name that is not looked at.
        excluded.append(schemathesis.checks.negative_data_rejection)
    case.validate_response(response, excluded_checks=excluded)
    more = set(response.json()) - {"status", "message"}
    assert more <= ({"data"} if response.status_code == 200 else {"field", "unknown"})


@seed(SEED)
@bounded
@schema.parametrize()
def test_whatever_anybody_sends_the_answer_is_as_described(case):
    check(case)


@seed(SEED)
@bounded
@schema.parametrize()
def test_whatever_a_user_sends_the_answer_is_as_described(case, ada):
    check(case, Authorization=f"Bearer {token_create(user=ada)}")
