"""The paths of the stand-alone site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path

from hubbub.site import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.page, name="page"),
    path("login/", auth.LoginView.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("", include("hubbub.urls")),
]
