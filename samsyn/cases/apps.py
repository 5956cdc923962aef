from django.apps import AppConfig
from django.core.checks import register


class CasesConfig(AppConfig):
    name = "samsyn.cases"

    def ready(self) -> None:
        from samsyn.cases.kinds.base import check_kinds

        register(check_kinds)
