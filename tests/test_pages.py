"""Every page opens for those it is for, in both languages, and says whose turn it is."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from samsyn.cases.models import Case
from samsyn.demo.world import write
from samsyn.tenancy.models import User

CLIENT_PAGES = [
    "",
    "arenden/",
    "arenden/avslutade/",
    "arenden/nytt/",
    "samtycke/demobyran/",
    "kollegor/",
    "arenden/?q=kvitton",
]
FIRM_PAGES = ["", "arenden/", "arenden/nytt/", "kunder/", "kunder/ny/", "medarbetare/", "installningar/"]
VIEWS = ["oppna", "mina", "forsenade", "samtycke", "utkast", "avslutade", "alla"]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("page", CLIENT_PAGES)
def test_a_client_can_open_every_page_of_its_desk(visit: Any, world: Any, page: str, language: str) -> None:
    User.objects.filter(email="agare@demokund.example").update(language=language)
    answer = visit("agare@demokund.example").get(f"/kund/demokund/{page}")
    assert answer.status_code == 200, answer.content[:500]
    assert f'<html lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("page", [*FIRM_PAGES, *[f"arenden/?vy={view}" for view in VIEWS]])
def test_a_manager_can_open_every_page_of_the_firm(visit: Any, world: Any, page: str) -> None:
    assert visit("ansvarig@demobyran.example").get(f"/byra/demobyran/{page}").status_code == 200


@pytest.mark.parametrize("sort", ["uppdaterat", "-uppdaterat", "nr", "-nr", "arende", "-arende", "senast", "-senast"])
def test_the_table_sorts_by_every_heading(visit: Any, world: Any, sort: str) -> None:
    assert (
        visit("ansvarig@demobyran.example").get(f"/byra/demobyran/arenden/?vy=alla&sortera={sort}").status_code == 200
    )


def test_each_case_opens_on_both_desks(visit: Any, world: Any) -> None:
    owner, manager = visit("agare@demokund.example"), visit("ansvarig@demobyran.example")
    for case in world.cases.values():
        if case.engagement_id != world.engagements["demokund"].pk:
            continue
        firm = manager.get(f"/byra/demobyran/arenden/{case.ref}/", follow=True)
        assert firm.status_code == 200, case.subject
        client = owner.get(f"/kund/demokund/arenden/{case.ref}/")
        assert client.status_code == (200 if case.released_at else 404), case.subject


def test_the_client_page_of_each_client_opens(visit: Any, world: Any) -> None:
    manager = visit("ansvarig@demobyran.example")
    for name, engagement in world.engagements.items():
        expected = 404 if name.endswith("@rival") else 200
        assert manager.get(f"/byra/demobyran/kunder/{engagement.pk}/").status_code == expected


@pytest.mark.parametrize("page", ["konto/logga-in/", "konto/losenord/", "health/", "inbjudan/nonsense/"])
def test_public_pages_open_for_everybody(client: Any, db: None, page: str) -> None:
    assert client.get(f"/{page}").status_code in (200, 410)


def test_a_person_with_several_places_chooses_and_one_with_a_single_place_goes_there(visit: Any, world: Any) -> None:
    several = visit("dubbel@demokund.example").get("/")
    assert "Bageri Morgonglöd AB" in several.content.decode()
    assert "Rival Ekonomi AB" in several.content.decode()
    assert visit("agare@demokund.example").get("/").headers["Location"] == "/kund/demokund/"


@pytest.mark.parametrize("sort", ["uppdaterat", "-uppdaterat", "nr", "-nr", "arende", "-arende", "senast", "-senast"])
def test_page_after_page_shows_every_case_once_in_whatever_order(visit: Any, world: Any, sort: str) -> None:
    for n in range(30):
        write(world, world.manager, "demokund", "question", f"Utkast {n}", send=False, days=n if n % 3 else None)
    manager, path, found = visit("ansvarig@demobyran.example"), f"?vy=alla&sortera={sort}", []
    while path:
        shown = manager.get(f"/byra/demobyran/arenden/{path}").content.decode()
        found += re.findall(r'name="ref" value="(\w+)"', shown)
        following = re.search(r'href="(\?[^"]*efter=[^"]+)"', shown)
        path = html.unescape(following[1]) if following else ""
    everything = Case.objects.visible_to(world.manager).values_list("ref", flat=True)
    assert sorted(found) == sorted(everything)


@pytest.mark.parametrize("cursor", ["nonsens", "W10", "WyJhIiwgImIiXQ", "e30", "WzEsIG51bGxd"])
def test_a_cursor_that_cannot_be_read_begins_anew(visit: Any, world: Any, cursor: str) -> None:
    manager = visit("ansvarig@demobyran.example")
    for page in ("arenden/", "arenden/?sortera=senast", "kunder/"):
        joined = "&" if "?" in page else "?"
        assert manager.get(f"/byra/demobyran/{page}{joined}efter={cursor}").status_code == 200
