"""The project's own consumer, with pytest."""

import pytest
from customers.models import Customer

from hubbub.testing import Member
from orders.models import Order


@pytest.mark.django_db
def test_pages_learn_which_orders_have_left(client, django_capture_on_commit_callbacks):
    ada = Customer.objects.create_user("ada@example.org")
    order = Order.objects.create(customer=ada)
    with Member("/ws/orders/") as page:
        page.say(hello=1)
        assert page.hear() == {"type": "echo", "content": {"hello": 1}}
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"/orders/{order.pk}/ship/")
        assert page.hear() == {"type": "order_shipped", "number": order.pk}
