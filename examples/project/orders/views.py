"""A plain, synchronous view that speaks to sockets: the project's own, and Hubbub's."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hubbub import streams
from hubbub.chat import services as chat
from hubbub.notifications import services as notifications
from orders.models import Order, Step


def order_page(request, number):
    """What becomes of an order; the socket asks who is looking."""
    return render(request, "orders/order.html", {"number": number})


@csrf_exempt  # for the sake of a short curl line; a project of one's own would ask who is calling
@require_POST
@transaction.atomic  # all of it is stored and told, or nothing
def order_ship(request, number):
    """Tell the order's stream, the customer, the shop's room, and the project's own sockets."""
    order = get_object_or_404(Order, pk=number)
    order.shipped = timezone.now()
    order.save()
    streams.publish("order", number, Step(status="shipped"))
    notifications.send(
        title="On its way",
        message=f"Your order #{number} has left the house",
        user_id=order.customer_id,
        data={"order": number},
    )
    chat.post(
        room="shop", message="An order is on its way", username="Shop", data={"icon": "lorry"}
    )
    transaction.on_commit(lambda: tell_own_sockets(number))
    return JsonResponse({"shipped": number})


def tell_own_sockets(number):
    event = {"type": "order.shipped", "number": number}
    async_to_sync(get_channel_layer().group_send)("orders", event)
