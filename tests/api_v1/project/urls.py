"""The project's paths."""

from django.urls import path

from tests.api_v1.project import views

urlpatterns = [
    path("publish/sync/", views.publish_sync),
    path("publish/thread/", views.publish_from_thread),
    path("publish/async/", views.publish_async),
]
