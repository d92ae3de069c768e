from django.apps import AppConfig


class BriskConfig(AppConfig):
    name = "tests.brisk"

    def ready(self):
        from hubbub.accounts import grants

        grants.EVERY = 0.2
