"""What was ordered and by whom, and what becomes of it: each order is a stream of steps."""

from typing import Literal

from django.conf import settings
from django.db import models

from hubbub import streams


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    shipped = models.DateTimeField(null=True)


class Step(streams.Event):
    status = models.CharField(max_length=20)


class Move(streams.Request, tag="move"):
    status: Literal["packed", "shipped"]


@streams.register
class Orders(streams.Kind):
    kind, path = "order", "ws/orders/<name>/"
    event, request = Step, Move

    def may_enter(self, caller, name):
        mine = Order.objects.filter(customer=caller.user_id)
        return caller.is_staff or (name.isdigit() and mine.filter(pk=name).exists())

    def may_send(self, caller, name):
        return caller.is_staff

    def make(self, caller, name, move):
        return Step(status=move.status)

    def show(self, step):
        return {"type": "step", "status": step.status}
