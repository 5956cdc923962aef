"""Every route × every stranger. A route without a row here fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from samsyn import urls
from samsyn.cases.models import Attachment
from samsyn.demo.world import pdf
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotNow, NotYours, Refused
from samsyn.web.doors import firm_page, routes
from tests.providers import provider_in

PUBLIC = {
    "/favicon.ico", "/health/", "/sprak/", "/konto/logga-in/", "/konto/logga-ut/", "/konto/losenord/",
    "/konto/losenord/skickat/", "/^konto/losenord/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
    "/konto/losenord/klart/", "/konto/avslutat/", "/inbjudan/<str:token>/", "/konto/kod/", "/konto/kod/svar/",
    "/konto/andra-steget/", "/konto/passnyckel/", "/konto/lank/<str:token>/", "/konto/inte-jag/",
    "/konto/byra/<slug:provider_id>/", "/konto/byra/<slug:provider_id>/svar/",
}  # fmt: skip
PERSON = {
    "/", "/konto/", "/konto/bekrafta/", "/konto/byran-kraver/", "/konto/passnyckel/inte-nu/", "/konto/passnycklar/ny/",
    "/konto/passnycklar/<int:pk>/", "/konto/engangskoder/", "/konto/aterstallningskoder/",
    "/konto/aterstallningskoder/fil/", "/konto/byra/<slug:provider_id>/koppla/",
}  # fmt: skip
CASE = "/kund/<slug:company>/arenden/<slug:ref>/"
FIRM_CASE = "/byra/<slug:firm>/arenden/<slug:ref>/"
CLIENT = {
    "/kund/<slug:company>/", "/kund/<slug:company>/flikar/", "/kund/<slug:company>/kollegor/",
    "/kund/<slug:company>/kollegor/<uuid:pk>/",
    "/kund/<slug:company>/logotyp/<slug:firm>/",
    "/kund/<slug:company>/samma-foretag/",
    "/kund/<slug:company>/samtycke/", "/kund/<slug:company>/samtycke/<slug:firm>/",
    "/kund/<slug:company>/personuppgifter/<slug:firm>/",
    "/kund/<slug:company>/huvudkontakt/<slug:firm>/",
    "/kund/<slug:company>/samtycke/<slug:firm>/bevis/",
    "/kund/<slug:company>/samtycke/<slug:firm>/bevis/avtal-<int:version>-<slug:language>.txt",
}  # fmt: skip
CASES = {
    "/kund/<slug:company>/kopia/<int:year>/",
    "/kund/<slug:company>/arenden/", "/kund/<slug:company>/arenden/avslutade/", "/kund/<slug:company>/arenden/nytt/",
    CASE,
    *[CASE + end for end in (
        "skicka-tillbaka/", "utkast/", "filer/", "svara/", "last/", "klart/", "angra/", "meddelande/", "ateroppna/",
        "kopia/", "fil/<uuid:file_id>/")],
}  # fmt: skip
FIRM = {
    "/byra/<slug:firm>/", "/byra/<slug:firm>/medarbetare/", "/byra/<slug:firm>/installningar/",
    "/byra/<slug:firm>/installningar/support/",
    "/byra/<slug:firm>/installningar/logg/", "/byra/<slug:firm>/medarbetare/<uuid:pk>/",
    "/byra/<slug:firm>/installningar/avtal/",
    "/byra/<slug:firm>/logotyp/", "/byra/<slug:firm>/personuppgifter/",
    "/byra/<slug:firm>/kunder/", "/byra/<slug:firm>/kunder/ny/", "/byra/<slug:firm>/kunder/<uuid:pk>/",
    "/byra/<slug:firm>/kunder/<uuid:pk>/huvudkontakt/",
    "/byra/<slug:firm>/kunder/<uuid:pk>/bevis/",
    "/byra/<slug:firm>/kunder/<uuid:pk>/bevis/avtal-<int:version>-<slug:language>.txt",
    "/byra/<slug:firm>/kunder/<uuid:pk>/andra/", "/byra/<slug:firm>/kunder/<uuid:pk>/kopia/<int:year>/",
    "/byra/<slug:firm>/kunder/bjud-in/", "/byra/<slug:firm>/kunder/bjud-in/<uuid:pk>/",
    "/byra/<slug:firm>/kunder/import/", "/byra/<slug:firm>/kunder/import/<uuid:pk>/",
    "/byra/<slug:firm>/kunder/import/<uuid:pk>/att-gora.csv",
    "/byra/<slug:firm>/arenden/", "/byra/<slug:firm>/arenden/nytt/", FIRM_CASE,
    *[FIRM_CASE + end for end in (
        "andra/", "ratta/", "granska/", "svara-at/", "kopia/", "fil/<uuid:file_id>/", "gor/<slug:verb>/")],
}  # fmt: skip
DOORS = {
    **dict.fromkeys(PUBLIC, "public"), **dict.fromkeys(PERSON, "person"), **dict.fromkeys(CLIENT, "client"),
    **dict.fromkeys(CASES, "cases"), **dict.fromkeys(FIRM, "firm"),
}  # fmt: skip

STRANGERS_TO_DEMOKUND = ["agare@annankund.example", "agare@delad.example", "konsult@rivalbyran.example"]
STRANGERS_TO_DEMOBYRAN = ["agare@demokund.example", "lasare@demokund.example", "konsult@rivalbyran.example",
                          "dubbel@demokund.example"]  # fmt: skip


def test_every_route_has_its_row_and_its_door() -> None:
    found = {route: getattr(view, "door", None) for route, view in routes()}
    assert found == DOORS


def address(world: Any, route: str) -> str:
    """The route filled with real things of demokund and demobyran."""
    case = world.cases["Kontoutdrag för november"]
    file = Attachment.objects.visible_to(world.manager).filter(case=case).first()
    real = {
        "<slug:company>": "demokund", "<slug:firm>": "demobyran", "<slug:ref>": case.ref,
        "<uuid:pk>": str(world.engagements["demokund"].pk), "<uuid:file_id>": str(file.pk), "<int:year>": "2026",
        "<slug:verb>": "meddelande", "<int:pk>": "1", "<slug:provider_id>": provider_in(world).ref,
        "<int:version>": "1", "<slug:language>": "sv",
    }  # fmt: skip
    if "kollegor" in route:
        real["<uuid:pk>"] = str(world.owner.memberships[0].pk)
    if "medarbetare" in route:
        real["<uuid:pk>"] = str(world.manager.membership.pk)
    for name, value in real.items():
        route = route.replace(name, value)
    return route


def answers(person: Client, path: str) -> set[int]:
    """What a GET and a POST are met with, apart from a wrong method."""
    return {person.get(path).status_code, person.post(path).status_code} - {405}


@pytest.mark.parametrize("route", sorted(CLIENT | CASES))
@pytest.mark.parametrize("stranger", STRANGERS_TO_DEMOKUND)
def test_a_stranger_to_a_company_finds_nothing_there(visit: Any, world: Any, route: str, stranger: str) -> None:
    assert answers(visit(stranger), address(world, route)) == {404}


@pytest.mark.parametrize("route", sorted(FIRM))
@pytest.mark.parametrize("stranger", STRANGERS_TO_DEMOBYRAN)
def test_a_stranger_to_a_firm_finds_nothing_there(visit: Any, world: Any, route: str, stranger: str) -> None:
    assert answers(visit(stranger), address(world, route)) == {404}


@pytest.mark.parametrize("route", sorted(CLIENT | CASES | FIRM | PERSON))
def test_somebody_not_signed_in_is_sent_to_sign_in(client: Client, world: Any, route: str) -> None:
    answer = client.get(address(world, route))
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/konto/logga-in/")


@pytest.mark.parametrize("route", sorted(CASES))
def test_before_the_menu_item_is_there_the_address_is_not_either(visit: Any, world: Any, route: str) -> None:
    path = address(world, route).replace("demokund", "utansamtycke")
    assert answers(visit("agare@utansamtycke.example"), path) == {404}


WRITES = ["skicka-tillbaka/", "utkast/", "filer/", "meddelande/", "angra/", "last/", "klart/"]


@pytest.mark.parametrize("end", WRITES)
def test_a_reader_sees_but_may_not_do(visit: Any, world: Any, end: str) -> None:
    case = world.cases["Kvitton som saknas för december"]
    reader = visit("lasare@demokund.example")
    assert reader.get(f"/kund/demokund/arenden/{case.ref}/").status_code == 200
    assert reader.post(f"/kund/demokund/arenden/{case.ref}/{end}", {"text": "hej"}).status_code == 403


def test_a_member_without_the_right_may_not_approve(visit: Any, world: Any) -> None:
    case = world.cases["Löner för januari"]
    answer = visit("medarbetare@demokund.example").post(
        f"/kund/demokund/arenden/{case.ref}/svara/", {"decision": "approve", "digest": "x"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("email", ["medarbetare@demokund.example", "lasare@demokund.example"])
def test_a_restricted_case_is_not_there_for_those_it_does_not_name(visit: Any, world: Any, email: str) -> None:
    case = world.cases["Ägarens lön"]
    person = visit(email)
    assert person.get(f"/kund/demokund/arenden/{case.ref}/").status_code == 404
    for page in ("arenden/", "arenden/?q=lön", ""):
        assert "Ägarens lön" not in person.get(f"/kund/demokund/{page}").content.decode()
    assert visit("agare@demokund.example").get(f"/kund/demokund/arenden/{case.ref}/").status_code == 200


def test_a_consultant_with_own_clients_sees_only_those(visit: Any, world: Any) -> None:
    amira = visit("egna@demobyran.example")
    case = world.cases["Kontoutdrag för november"]
    assert amira.get(f"/byra/demobyran/arenden/{case.ref}/").status_code == 404
    assert amira.get(f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/").status_code == 404
    assert "Kontoutdrag" not in amira.get("/byra/demobyran/arenden/?vy=alla").content.decode()


def test_only_a_manager_opens_the_settings_and_adds_staff(visit: Any, world: Any) -> None:
    consultant = visit("konsult@demobyran.example")
    assert consultant.get("/byra/demobyran/installningar/").status_code == 403
    facts = {"name": "Ny Person", "email": "ny@demobyran.example", "role": "consultant", "scope": "all"}
    assert consultant.post("/byra/demobyran/medarbetare/", facts).status_code == 403


def test_an_old_slug_leads_those_who_may_see_and_nobody_else(visit: Any, world: Any) -> None:
    moved = visit("agare@delad.example").get("/kund/delad-rival/arenden/")
    assert (moved.status_code, moved.headers["Location"]) == (302, "/kund/delad/arenden/")
    assert visit("agare@annankund.example").get("/kund/delad-rival/arenden/").status_code == 404


def test_a_file_of_another_case_is_not_served_through_this_one(visit: Any, world: Any) -> None:
    case, other = world.cases["Kontoutdrag för november"], world.cases["Löner för januari"]
    file = Attachment.objects.visible_to(world.manager).filter(case=other).first()
    owner = visit("agare@demokund.example")
    assert owner.get(f"/kund/demokund/arenden/{other.ref}/fil/{file.pk}/").status_code == 200
    assert owner.get(f"/kund/demokund/arenden/{case.ref}/fil/{file.pk}/").status_code == 404


def test_an_original_is_served_as_an_attachment_that_is_not_sniffed(visit: Any, world: Any) -> None:
    case = world.cases["Löner för januari"]
    file = Attachment.objects.visible_to(world.manager).select_related("blob").filter(case=case).first()
    answer = visit("agare@demokund.example").get(f"/kund/demokund/arenden/{case.ref}/fil/{file.pk}/")
    content = b"".join(answer.streaming_content)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    import hashlib

    assert hashlib.sha256(content).hexdigest() == file.blob.sha256


def test_pages_are_private_and_carry_the_policy(visit: Any, world: Any) -> None:
    answer = visit("agare@demokund.example").get("/kund/demokund/arenden/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "<script>" not in answer.content.decode()
    assert " style=" not in answer.content.decode()


# Every role × every route: what is refused to whom. A POST that isn't named here is never met with 403.

CONSENT, COLLEAGUES = "/kund/<slug:company>/samtycke/<slug:firm>/", "/kund/<slug:company>/kollegor/"
NEW_CASE, DECIDE = "/kund/<slug:company>/arenden/nytt/", CASE + "svara/"
STAFF, SETTINGS = "/byra/<slug:firm>/medarbetare/", "/byra/<slug:firm>/installningar/"
AGREEMENT, SUPPORT = SETTINGS + "avtal/", SETTINGS + "support/"
LOG, COLLEAGUE, STAFF_MEMBER = SETTINGS + "logg/", COLLEAGUES + "<uuid:pk>/", STAFF + "<uuid:pk>/"
OUR_CONTACT = "/kund/<slug:company>/huvudkontakt/<slug:firm>/"
NEW_CONTACT = "/byra/<slug:firm>/kunder/<uuid:pk>/huvudkontakt/"
IMPORT = {route for route in FIRM if "/import/" in route}
REFUSED_POSTS: dict[str, set[str]] = {
    "agare@demokund.example": set(),
    "dubbel@demokund.example": {CONSENT, OUR_CONTACT, COLLEAGUES, COLLEAGUE},  # a member who may approve
    "medarbetare@demokund.example": {CONSENT, OUR_CONTACT, COLLEAGUES, COLLEAGUE, DECIDE},
    "lasare@demokund.example": {CONSENT, OUR_CONTACT, COLLEAGUES, COLLEAGUE, NEW_CASE, *(CASE + end for end in (
        "skicka-tillbaka/", "utkast/", "filer/", "svara/", "last/", "klart/", "angra/", "meddelande/", "ateroppna/"))},
    "ansvarig@demobyran.example": set(),
    "konsult@demobyran.example": {STAFF, STAFF_MEMBER, SETTINGS, AGREEMENT, SUPPORT, NEW_CONTACT},
    "egna@demobyran.example": {STAFF, STAFF_MEMBER, SETTINGS, AGREEMENT, SUPPORT, NEW_CONTACT, *IMPORT},
}  # fmt: skip
EVIDENCE = {CONSENT + "bevis/", CONSENT + "bevis/avtal-<int:version>-<slug:language>.txt"}
REFUSED_GETS: dict[str, set[str]] = {
    "dubbel@demokund.example": {COLLEAGUE, OUR_CONTACT, *EVIDENCE},
    "medarbetare@demokund.example": {COLLEAGUE, OUR_CONTACT, *EVIDENCE},
    "lasare@demokund.example": {COLLEAGUE, OUR_CONTACT, NEW_CASE, *EVIDENCE},
    "konsult@demobyran.example": {STAFF_MEMBER, SETTINGS, AGREEMENT, SUPPORT, LOG},
    "egna@demobyran.example": {STAFF_MEMBER, SETTINGS, AGREEMENT, SUPPORT, LOG, *IMPORT},
}
VERBS = ["begar-komplettering", "svara", "meddelande", "anteckning", "avsluta", "makulera", "aterkalla", "ateroppna",
         "paminn", "datum", "ansvarig"]  # fmt: skip


@pytest.fixture
def for_all(world: Any) -> Any:
    """Amira, who sees her own clients, takes part in demokund, so that its cases are hers as well."""
    maria = world.manager.membership
    amira = world.staff("egna@demobyran.example").membership
    actions.set_people(world.manager, world.engagements["demokund"], responsible=maria, participants=[amira])
    return world


@pytest.mark.parametrize("email", REFUSED_POSTS)
def test_each_role_is_refused_just_what_the_table_says(visit: Any, for_all: Any, email: str) -> None:
    staff = email.endswith("demobyran.example")
    for route, view in routes():
        if DOORS[route] not in (("firm",) if staff else ("client", "cases")):
            continue
        path = address(for_all, route)
        paths = [path.replace("/meddelande/", f"/{verb}/") for verb in VERBS] if "<slug:verb>" in route else [path]
        for method, table in (("GET", REFUSED_GETS), ("POST", REFUSED_POSTS)):
            if method not in view.methods:
                continue
            for here in paths:
                with transaction.atomic():
                    posted = {"decision": "withdraw"} if method == "POST" else {}
                    status = getattr(visit(email), method.lower())(here, posted).status_code
                    transaction.set_rollback(True)
                assert status < 500, (method, here)
                assert (status == 403) == (route in table.get(email, set())), (method, here, status)


@pytest.mark.parametrize("route", sorted(CLIENT | CASES | FIRM | PERSON))
def test_a_form_from_somebody_not_signed_in_does_nothing(client: Client, world: Any, route: str) -> None:
    answer = client.post(address(world, route), {"text": "hej"})
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/konto/logga-in/")


# A refusal that no view has placed

REFUSALS = {"inte-nu": (NotNow, 409), "inte-sa": (Refused, 422), "inte-din": (NotYours, 403)}


@firm_page("GET", "POST")
def refusing(request: HttpRequest, actor: Actor, how: str) -> HttpResponse:
    raise REFUSALS[how][0]("Det går inte just nu.")


urlpatterns = [*urls.urlpatterns, path("byra/<slug:firm>/nekar/<slug:how>/", refusing)]
handler403 = urls.handler403


@pytest.mark.urls("tests.test_doors")
@pytest.mark.parametrize("how", REFUSALS)
def test_a_refusal_that_escapes_a_view_is_a_sentence_with_a_way_back_and_never_a_fault(
    visit: Any, world: Any, how: str
) -> None:
    manager, here, status = visit("ansvarig@demobyran.example"), f"/byra/demobyran/nekar/{how}/", REFUSALS[how][1]
    shown = manager.post(here, {"text": "Mina egna ord"})
    page = shown.content.decode()
    assert shown.status_code == status
    for words in ("Det går inte just nu.", "Mina egna ord", 'href="/' if status == 403 else f'href="{here}"'):
        assert words in page
    looked = manager.get(here)
    assert (looked.status_code, 'href="/"' in looked.content.decode()) == (status, True)
    for headers in ({"HX-Request": "true"}, {"X-Samsyn": "draft"}):
        told = manager.post(here, headers=headers)
        assert (told.status_code, told.json()) == (status, {"saved": "Det går inte just nu."})


def test_a_file_that_is_gone_from_an_answer_for_the_client_is_no_fault(visit: Any, world: Any) -> None:
    case, manager = world.cases["Kvitton som saknas för december"], visit("ansvarig@demobyran.example")
    row, here = case.request["documents"][0]["id"], f"/byra/demobyran/arenden/{case.ref}/svara-at/"
    manager.post(here, {"do": "save", f"file.{row}": SimpleUploadedFile("kvitto.pdf", pdf())})
    mine = Attachment.objects.visible_to(world.manager).get(case=case, event=None)
    removing = {"do": f"file.remove.{mine.pk}", "a-comment": "Sagt i telefon"}
    assert [manager.post(here, removing).status_code for _press in range(2)] == [200, 422]
    assert "Sagt i telefon" in manager.post(here, removing).content.decode()
