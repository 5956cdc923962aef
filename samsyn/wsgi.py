"""The door for a web server: `samsyn.wsgi:application`.

A proxy before the server tells whom it speaks for in X-Forwarded-For and X-Forwarded-Proto. Both are believed
from the addresses in `SAMSYN_PROXIES` alone: anybody can write them.
"""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samsyn.settings")
_inside = get_wsgi_application()
from samsyn.demo.guard import check_database  # noqa: E402 - needs the applications
from samsyn.tenancy.walls.roles import warn  # noqa: E402

check_database()
warn()
application = wrap_wsgi_with_proxy_headers(_inside, settings.SAMSYN_PROXIES)
# What is loaded now stays for as long as the process does: no collection needs to walk through it again. What a
# request makes is nearly all gone with it, so looking for circles among it after every 700 objects finds nothing.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
