from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class TenancyConfig(AppConfig):
    name = "samsyn.tenancy"

    def ready(self) -> None:
        from samsyn.tenancy.walls.roles import check_walls, grant_to_web

        register(check_walls, Tags.database)
        post_migrate.connect(grant_to_web, sender=self)
