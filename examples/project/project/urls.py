"""The project's paths: its own, and Hubbub's API and health beside them."""

from django.urls import include, path
from orders.views import order_page, order_ship

urlpatterns = [
    path("orders/<int:number>/", order_page),
    path("orders/<int:number>/ship/", order_ship),
    path("", include("hubbub.urls")),
]
