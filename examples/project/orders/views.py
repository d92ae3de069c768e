"""A plain, synchronous view that speaks to sockets: the project's own, and Hubbub's."""

from datetime import UTC, datetime

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


@csrf_exempt  # for the sake of a short curl line; a project of one's own would ask who is calling
@require_POST
def order_ship(request, number):
    """Tell the project's own sockets that an order is on its way, and the room of the shop."""
    channel_layer = get_channel_layer()
    async_to_sync(channel_layer.group_send)("orders", {"type": "order.shipped", "number": number})
    async_to_sync(channel_layer.group_send)(
        "chat_shop",
        {
            "type": "chat_message",
            "message": f"Order #{number} is on its way",
            "username": "Shop",
            "timestamp": datetime.now(UTC).isoformat(),
        },
    )
    return JsonResponse({"shipped": number})
