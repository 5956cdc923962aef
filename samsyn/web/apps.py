from django.apps import AppConfig
from django.core.checks import register


class WebConfig(AppConfig):
    name = "samsyn.web"

    def ready(self) -> None:
        from samsyn.web.doors import check_doors

        register(check_doors)
