"""The forms with which one signs in to the site: wrong passwords count as over the API."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from hubbub.accounts.guesses import guesses
from hubbub.errors import RateLimitedError
from hubbub.observe.events import CREDENTIAL_REFUSED, RATE_LIMITED
from hubbub.observe.report import report

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hubbub.observe.events import Event


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
            self._report(RATE_LIMITED, refusal.why)
            raise ValidationError(too_many(refusal.retry_after or 0), code="too_many") from None
        except ValidationError:
            self._report(CREDENTIAL_REFUSED, "wrong password")
            raise

    def _report(self, event: Event, reason: str) -> None:
        address = self.request.META.get("REMOTE_ADDR")
        report(event, reason, method="POST", path=self.request.path, address=address)


def too_many(seconds: float) -> str:
    """What a person is told who has to wait."""
    minutes = math.ceil(seconds / 60)
    until = "a minute" if minutes <= 1 else f"{minutes} minutes"
    return f"Too many wrong passwords. Wait {until}, then try again."


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """The admin's form, likewise."""

    error_messages = AdminAuthenticationForm.error_messages
