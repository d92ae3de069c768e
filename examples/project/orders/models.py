"""What was ordered, and by whom."""

from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    shipped = models.DateTimeField(null=True)
