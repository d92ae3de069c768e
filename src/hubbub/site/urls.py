"""The paths of the stand-alone site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from hubbub.site import pages
from hubbub.site.login import AdminLoginForm, LoginForm

admin.site.login_form = AdminLoginForm

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.page, name="page"),
    path("login/", auth.LoginView.as_view(authentication_form=LoginForm), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("favicon.ico", RedirectView.as_view(url=static("hubbub/icon.svg"))),
    path("admin/", admin.site.urls),
    path("", include("hubbub.urls")),
]
