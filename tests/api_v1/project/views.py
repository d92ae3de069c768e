"""Views that publish: sync, async, and from a thread that the view starts.

The body is JSON: the snippet's name and its arguments; for the async view, the group and the event.
"""

import json
from threading import Thread

from channels.layers import get_channel_layer
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from tests.api_v1.project.publishers import CALLS


@csrf_exempt
def publish_sync(request):
    call, arguments = json.loads(request.body)
    CALLS[call](**arguments)
    return JsonResponse({})


@csrf_exempt
def publish_from_thread(request):
    call, arguments = json.loads(request.body)
    thread = Thread(target=CALLS[call], kwargs=arguments)
    thread.start()
    thread.join()
    return JsonResponse({})


@csrf_exempt
async def publish_async(request):
    group, event = json.loads(request.body)
    await get_channel_layer().group_send(group, event)
    return JsonResponse({})
