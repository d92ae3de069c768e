"""The forms with which one signs in to the site: wrong passwords count as over the API."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from hubbub.accounts.guesses import guesses
from hubbub.errors import RateLimitedError

if TYPE_CHECKING:
    from django.http import HttpRequest


class LoginForm(AuthenticationForm):
    """Django's form, which tries no password of whoever has guessed too often."""

    request: HttpRequest
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "That name and password do not match.",
    }

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a wrong password, and for any after too many of them."""
        address = self.request.META.get("REMOTE_ADDR") or ""
        try:
            with guesses.guess(address=address, username=self.cleaned_data.get("username", "")):
                return super().clean()
        except RateLimitedError as refusal:
            raise ValidationError(too_many(refusal.retry_after or 0), code="too_many") from None


def too_many(seconds: float) -> str:
    """What a person is told who has to wait."""
    minutes = math.ceil(seconds / 60)
    until = "a minute" if minutes <= 1 else f"{minutes} minutes"
    return f"Too many wrong passwords. Wait {until}, then try again."


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """The admin's form, likewise."""

    error_messages = AdminAuthenticationForm.error_messages
