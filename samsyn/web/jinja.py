"""The one template language: Jinja2 with Django's gettext, filters that format and never decide."""

from __future__ import annotations

import functools
from typing import Any

from django.contrib.messages import get_messages
from django.forms.renderers import TemplatesSetting
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django_htmx.jinja import htmx_script
from jinja2 import Environment

from samsyn.web.filters import FILTERS, GLOBALS
from samsyn.web.providers import remembered_providers


def environment(**options: Any) -> Environment:
    """The environment every template is rendered in."""
    options["autoescape"] = is_markup
    env = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 - as said above
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=translation.gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    env.globals.update(remembered_providers=remembered_providers)
    env.globals.update(static=static, url=url, get_messages=get_messages, htmx_script=htmx_script, **GLOBALS)
    env.filters.update(FILTERS)
    return env


def is_markup(template: str | None) -> bool:
    """Whether what a template shows is escaped: all but the plain text of letters, where an & is an &."""
    return not (template or "").endswith(".txt")


@functools.lru_cache(maxsize=10_000)
def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named page; `url("firm_case", slug, ref)` or with keywords. Kept: none changes while we run."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


class FormRenderer(TemplatesSetting):
    """Forms are rendered by the same templates folder as everything else."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
