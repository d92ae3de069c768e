"""Tokens in the admin: whose they are, and their end."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_create, token_digest
from tests.admins import address, listed, run_action

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob():
    return get_user_model().objects.create_user("bob")


def test_tokens_are_found_by_label_and_by_name(admin_client, bob):
    token_create(user=bob, label="printer")
    token_create(user=get_user_model().objects.create_user("eve"), label="phone")
    assert [row.split()[:2] for row in listed(admin_client, Token)] == [
        ["phone", "eve"],
        ["printer", "bob"],
    ]
    assert len(listed(admin_client, Token, q="bob")) == 1
    assert len(listed(admin_client, Token, q="phone")) == 1


def test_neither_token_nor_digest_is_shown(admin_client, bob):
    secret = token_create(user=bob, label="printer")
    token = Token.objects.get()
    for page in ("change", "delete"):
        text = admin_client.get(address(Token, page, token.pk)).content.decode()
        assert "printer" in text
        assert secret not in text
        assert token_digest(secret) not in text


def test_none_is_made_and_none_is_changed(admin_client, bob):
    token_create(user=bob)
    token = Token.objects.get()
    assert admin_client.get(address(Token, "add")).status_code == 403
    assert admin_client.post(address(Token, "change", token.pk), {"label": "x"}).status_code == 403


def left(secrets):
    """Those that work."""
    return [
        secret for secret in secrets if Token.objects.filter(digest=token_digest(secret)).exists()
    ]


def test_a_deleted_one_works_no_longer(admin_client, bob):
    secrets = [token_create(user=bob, label=str(number)) for number in range(3)]
    first, *others = Token.objects.order_by("pk")
    admin_client.post(address(Token, "delete", first.pk), {"post": "yes"})
    assert left(secrets) == secrets[1:]
    run_action(admin_client, Token, "delete_selected", others)
    assert left(secrets) == []


def test_a_long_list_has_pages_and_costs_no_query_a_row(admin_client, bob):
    token_create(user=bob)
    listed(admin_client, Token)
    with CaptureQueriesContext(connection) as few:
        listed(admin_client, Token)
    for number in range(60):
        token_create(user=get_user_model().objects.create_user(f"user-{number}"))
    with CaptureQueriesContext(connection) as many:
        assert len(listed(admin_client, Token)) == 50
    assert len(many) == len(few) < 8
