"""Accounts and scopes for the tests of who is speaking."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

Headers = list[tuple[bytes, bytes]]


@pytest.fixture
def ada(transactional_db: None) -> User:
    return get_user_model().objects.create_user("ada", password="lovelace")


@pytest.fixture
def make_scope():
    def build(*headers: tuple[str, str], query: str = "", subprotocols: tuple[str, ...] = ()):
        return {
            "type": "websocket",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
            "query_string": query.encode(),
            "subprotocols": list(subprotocols),
        }

    return build
