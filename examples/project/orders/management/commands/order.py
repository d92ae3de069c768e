"""`manage.py order ada@example.org`: an order of a customer, who is made if there is none."""

from customers.models import Customer
from django.core.management.base import BaseCommand

from orders.models import Order


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("email")

    def handle(self, *args, email, **options):
        customer, _ = Customer.objects.get_or_create(
            email=email, defaults={"nickname": email.partition("@")[0].capitalize()}
        )
        order = Order.objects.create(customer=customer)
        self.stdout.write(f"order {order.pk}")
