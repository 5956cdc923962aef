"""Every page: axe finds nothing, nothing scrolls sideways, no fault in the browser; light and dark, narrow and wide."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve

from samsyn.cases.models import Case
from samsyn.demo.world import PASSWORD, find
from samsyn.tenancy.models import User
from tests.every_page import every_page, routes_of_pages

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200), pytest.mark.django_db(transaction=True)]
# Width, the language of the texts, the colours it is looked at in, and whose pages: quickly each desk on the screen
# it is made for, slowly all on all. 320 is 1280 at four times the size.
QUICK = [(390, "sv", ["light"], "client"), (1440, "sv", ["dark"], "firm")]
SLOW = [(width, "en", ["light", "dark"], "all") for width in (320, 390, 768, 1440)]
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


def pages_of_the_world() -> list[tuple[str, str]]:
    world = find()
    rows = Case.objects.unscoped(why="the tests look at the cast's cases").select_related("firm", "engagement")
    world.cases = {case.ref: case for case in rows}
    return every_page(world)


def desk_of(path: str) -> str:
    return "firm" if path.startswith("/byra/") else "client"


def test_the_list_of_pages_leaves_none_out(cast: None) -> None:
    listed = {path for _who, path in pages_of_the_world()} - {"/finns-inte/"}
    assert {"/" + str(resolve(path.split("?")[0]).route) for path in listed} == routes_of_pages()


def signed_in(browser: Any, base: str, who: str, **how: Any) -> Any:
    """A page of a browser in which `who` has signed in, or nobody."""
    page = browser.new_context(**how).new_page()
    if who:
        page.goto(f"{base}/konto/logga-in/")
        page.fill("[name=login]", who)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(re.compile(r"/(kund|byra)/|/$"))
    return page


def violations(page: Any, **how: Any) -> list[str]:
    return [f"{one['id']} {one['nodes'][0]['html'][:200]}" for one in Axe().run(page, **how).response["violations"]]


def faults_on(page: Any, address: str, schemes: list[str]) -> list[str]:
    """What is wrong with one page, in words; of a second scheme only its colours can be."""
    page.emulate_media(color_scheme=schemes[0])
    answer = page.goto(address)
    page.wait_for_load_state("load")
    found = violations(page)
    for scheme in schemes[1:]:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {one}" for one in violations(page, options=COLOURS)]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    headings = page.locator("h1").count()
    found += [f"scrolls sideways by {wide} px"] if wide > 0 else []
    found += [f"answered {answer.status}"] if answer.status >= 500 else []
    found += [f"{headings} headings of the first level"] if headings != 1 else []
    return found


@pytest.mark.parametrize(
    ("width", "language", "schemes", "desk"), [*QUICK, *[pytest.param(*one, marks=pytest.mark.slow) for one in SLOW]]
)
def test_no_page_has_a_fault_that_can_be_found_by_looking(
    browser: Any, live_server: Any, cast: None, width: int, language: str, schemes: list[str], desk: str
) -> None:
    pages = [one for one in pages_of_the_world() if desk in (desk_of(one[1]), "all")]
    User.objects.update(language=language)
    how = {
        "viewport": {"width": width, "height": 900},
        "reduced_motion": "reduce",  # colours are looked at when they have come to rest
        "locale": {"sv": "sv-SE", "en": "en-GB"}[language],
    }
    faults: list[str] = []

    def note(error: Any) -> None:
        faults.append(str(error))

    for who in dict.fromkeys(email for email, _path in pages):
        page = signed_in(browser, live_server.url, who, **how)
        page.on("pageerror", note)
        for path in (path for email, path in pages if email == who):
            faults.extend(f"{path}: {fault}" for fault in faults_on(page, live_server.url + path, schemes))
        page.context.close()
    assert not faults, "\n".join(faults)
