"""Our paths, and a view that is not async."""

from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.urls import include, path


def count_users(request):
    return HttpResponse(str(get_user_model().objects.count()))


urlpatterns = [path("", include("hubbub.urls")), path("users/", count_users)]
