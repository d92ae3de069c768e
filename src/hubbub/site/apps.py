"""Registers the site with Django, so that its templates and its static files are found."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The pages of the stand-alone site, under the label `hubbub_site`."""

    name = "hubbub.site"
    label = "hubbub_site"
    verbose_name = "Hubbub"
