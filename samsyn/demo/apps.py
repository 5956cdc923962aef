from django.apps import AppConfig
from django.conf import settings
from django.utils.autoreload import autoreload_started


class DemoConfig(AppConfig):
    name = "samsyn.demo"

    def ready(self) -> None:
        if settings.SAMSYN_DEMO:
            from samsyn.demo.serving import work_beside

            autoreload_started.connect(work_beside)
