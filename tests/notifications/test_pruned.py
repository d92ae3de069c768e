"""Pruning inboxes: those of users, and that of everyone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hubbub.journal.models import Stream
from hubbub.journal.prune import Pruned, Rule, prune, setting_rules
from hubbub.journal.read import extent
from hubbub.notifications import services as notifications
from hubbub.notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
DAY = timedelta(days=1)
OLD = {"notifications": Rule(before=NOW - 5 * DAY)}


@pytest.mark.parametrize(("stream", "inbox"), [("inbox:7", "7"), ("everyone", "")])
def test_inboxes_and_that_of_everyone_are_pruned_likewise(stream, inbox):
    Stream.objects.create(name=stream, epoch="e", last_seq=4)
    for seq in range(1, 5):
        Notification.objects.create(name=inbox, seq=seq, created=NOW - (10 - 2 * seq) * DAY)
    assert prune(OLD) == [Pruned("notifications", 2, 1)]
    assert extent(stream).first_seq == 3
    assert list(Notification.objects.values_list("seq", flat=True)) == [3, 4]


def test_what_a_user_has_read_is_not_among_the_number_that_is_kept():
    for title in "abcdef":
        notifications.send(title=title, message="M", user_id=7)
        notifications.read(user_id=7, number=Notification.objects.get(title=title).pk)
    assert prune({"notifications": Rule(number=3)}) == [Pruned("notifications", 5, 1)]
    kept = Notification.objects.order_by("seq").values_list("title", "seq")
    assert list(kept) == [("", 6), ("d", 7), ("", 8), ("e", 9), ("", 10), ("f", 11), ("", 12)]
    assert prune({"notifications": Rule(number=3)}) == [Pruned("notifications", 0, 0)]


def test_a_reading_grows_old_as_what_was_read():
    notifications.send(title="all", message="M")
    notifications.read_all(user_id=7)
    Notification.objects.update(created=NOW - 9 * DAY)
    assert prune(OLD) == [Pruned("notifications", 2, 2)]
    assert extent("inbox:7").first_seq == 2


def test_how_long_they_are_kept_the_settings_say(settings):
    settings.HUBBUB_NOTIFICATIONS_KEEP_DAYS = 7
    assert setting_rules(NOW) == {"notifications": Rule(NOW - 7 * DAY, None)}
