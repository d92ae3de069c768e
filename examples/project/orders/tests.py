"""What is told when an order is shipped; `python manage.py test` or `pytest` runs it."""

from customers.models import Customer
from django.test import TestCase

from hubbub.testing import Member
from orders.models import Order


class OrderShipTest(TestCase):
    def setUp(self):
        self.ada = Customer.objects.create_user("ada@example.org", nickname="Ada")
        self.order = Order.objects.create(customer=self.ada)

    def ship(self, number):
        return self.client.post(f"/orders/{number}/ship/").status_code

    def test_the_customer_is_told_and_nobody_else(self):
        bob = Customer.objects.create_user("bob@example.org", nickname="Bob")
        with (
            Member("/ws/notifications/", user=self.ada) as ada,
            Member("/ws/notifications/", user=bob) as other,
        ):
            other.hear_until(type="connection_status")
            self.assertEqual(self.ship(self.order.pk), 200)
            told = ada.hear_until(type="notification")
            self.assertEqual(told["data"], {"order": self.order.pk})
            other.hear_nothing_more()

    def test_the_shop_is_told_no_address(self):
        with Member("/ws/chat/shop/") as guest, Member("/ws/chat/shop/", user=self.ada) as ada:
            ada.say(type="chat_message", message="Where is it?")
            guest.hear_until(type="chat_message", message="Where is it?")
            self.ship(self.order.pk)
            guest.hear_until(username="Shop", data={"icon": "lorry"})
            self.assertEqual([frame["username"] for frame in guest.heard], ["Ada", "Ada", "Shop"])

    def test_an_order_that_is_none_is_told_to_nobody(self):
        with Member("/ws/chat/shop/") as guest:
            self.assertEqual(self.ship(404), 404)
            guest.hear_nothing_more()
