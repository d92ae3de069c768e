"""Django's admin as a superuser sees it: its paths, its lists, its actions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import path, reverse

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

urlpatterns = [path("admin/", admin.site.urls)]


def address(model: type[Model], page: str = "changelist", *args: object) -> str:
    """The address of a model's page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def listed(client: Client, model: type[Model], **query: object) -> list[str]:
    """The rows of a list: the text of each, its cells parted by blanks."""
    page = client.get(address(model), query)
    assert page.status_code == 200
    rows = re.findall(r'<tr><t[dh] class="(?:action|field).*?</tr>', page.content.decode(), re.S)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def run_action(client: Client, model: type[Model], action: str, rows: list[Model]):
    """Choose rows, an action, and "Yes, I'm sure"."""
    chosen = [row.pk for row in rows]
    body = {"action": action, "_selected_action": chosen, "post": "yes"}
    return client.post(address(model), body)


def may_only_be_looked_at(client: Client, model: type[Model], row: Model) -> None:
    """Nothing of a row can be changed, none added, none deleted."""
    assert client.get(address(model, "add")).status_code == 403
    assert client.get(address(model, "change", row.pk)).status_code == 200
    assert client.post(address(model, "change", row.pk), {}).status_code == 403
    assert client.get(address(model, "delete", row.pk)).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    run_action(client, model, "delete_selected", [row])
    assert model._default_manager.filter(pk=row.pk).exists()
