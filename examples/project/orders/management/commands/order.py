"""`manage.py order ada@example.org`: an order's number, and a token for the customer's phone.

The customer is made if there is none; the shop's login service would sign such a token.
"""

from datetime import timedelta

import jwt
from customers.models import Customer
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from orders.models import Order


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("email")

    def handle(self, *args, email, **options):
        customer, _ = Customer.objects.get_or_create(
            email=email, defaults={"nickname": email.partition("@")[0].capitalize()}
        )
        order = Order.objects.create(customer=customer)
        claims = {"email": email, "exp": timezone.now() + timedelta(hours=1)}
        token = jwt.encode(claims, settings.HUBBUB_JWT_KEY, "HS256")
        self.stdout.write(f"{order.pk} {token}")
