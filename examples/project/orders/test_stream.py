"""Who hears what becomes of an order, and who may say it; `python manage.py test` or `pytest`."""

from customers.models import Customer
from django.test import TestCase

from hubbub.testing import Member
from orders.models import Order, Step


class StreamTest(TestCase):
    def setUp(self):
        self.ada = Customer.objects.create_user("ada@example.org")
        self.staff = Customer.objects.create_user("grace@example.org", is_staff=True)
        self.order = Order.objects.create(customer=self.ada)
        self.path = f"/ws/orders/{self.order.pk}/"

    def test_the_customer_hears_each_step_once_and_in_order(self):
        with Member(self.path, user=self.ada) as ada, Member(self.path, user=self.staff) as staff:
            for _ in range(2):
                staff.say(type="move", status="packed", id="m-1")
                self.assertEqual(staff.hear_until(type="ack")["seq"], 1)
            self.client.post(f"/orders/{self.order.pk}/ship/")
            steps = [ada.hear() for _ in range(2)]
            self.assertEqual([step["status"] for step in steps], ["packed", "shipped"])
            self.assertEqual([step["seq"] for step in steps], [1, 2])

    def test_the_customer_may_not_send(self):
        with Member(self.path, user=self.ada) as ada:
            ada.say(type="move", status="shipped", id="m-1")
            self.assertEqual(ada.hear()["code"], "forbidden")
        self.assertFalse(Step.objects.exists())

    def test_nobody_else_comes_in(self):
        bob = Customer.objects.create_user("bob@example.org")
        for user, path in ((bob, self.path), (None, self.path), (bob, "/ws/orders/x/")):
            with Member(path, user=user) as other:
                self.assertEqual(other.hear()["code"], "forbidden")
                self.assertEqual(other.hear_goodbye().code, 4403)

    def test_what_becomes_of_no_order_is_told_to_nobody(self):
        with Member(self.path, user=self.ada) as ada:
            self.assertEqual(self.client.post("/orders/404/ship/").status_code, 404)
            ada.hear_nothing_more()
