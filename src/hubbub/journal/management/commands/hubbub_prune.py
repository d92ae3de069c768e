"""`python manage.py hubbub_prune`, which is also `hubbub prune`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hubbub.journal.options import add_prune_options
from hubbub.journal.prune import Pruned, age_rules, prune, setting_rules

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from datetime import timedelta

NOTHING = (
    "Everything is kept: give --older-than, or settings such as HUBBUB_CHAT_KEEP_DAYS"
    " (docs/settings.md)."
)


def sentence(pruned: Pruned, *, dry_run: bool) -> str:
    """What was done, for a person."""
    verb = "would prune" if dry_run else "pruned"
    return f"{pruned.label}: {verb} {pruned.events} events of {pruned.streams} streams"


class Command(BaseCommand):
    """Deletes the oldest events of every stream."""

    help = "Delete old chat messages, notifications and counter changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        add_prune_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Prune, and say what went. Raises CommandError where a project's rows hold some of it."""
        now = timezone.now()
        older_than: timedelta | None = options["older_than"]
        rules = setting_rules(now) if older_than is None else age_rules(older_than, now)
        dry_run: bool = options["dry_run"]
        done = prune(rules, dry_run=dry_run)
        for pruned in done:
            self.stdout.write(sentence(pruned, dry_run=dry_run))
        if not rules:
            self.stdout.write(NOTHING)
        if held := [pruned.held for pruned in done if pruned.held]:
            raise CommandError("\n".join(held))
