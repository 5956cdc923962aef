"""Every page there is, as (who, address): for whatever must hold on all of them."""

from __future__ import annotations

from typing import Any

from samsyn.cases.models import Case
from samsyn.demo.world import let_in
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Company, Engagement
from samsyn.web.doors import routes
from tests.providers import provider_in

OWNER, MANAGER = "agare@demokund.example", "ansvarig@demobyran.example"
PUBLIC = ["/konto/logga-in/", "/konto/kod/", "/konto/losenord/", "/konto/losenord/skickat/", "/inbjudan/finns-inte/",
          "/konto/lank/finns-inte/",
          "/finns-inte/"]  # fmt: skip
PEOPLE = [
    (OWNER, "/konto/"),
    (OWNER, "/konto/bekrafta/"),
    (OWNER, "/konto/engangskoder/"),
    (OWNER, "/konto/aterstallningskoder/"),
    ("dubbel@demokund.example", "/"),
    (OWNER, "/kund/demokund/"),
    ("agare@utansamtycke.example", "/kund/utansamtycke/"),
    (OWNER, "/kund/demokund/arenden/"),
    ("lasare@demokund.example", "/kund/demokund/arenden/"),
    (OWNER, "/kund/demokund/arenden/avslutade/"),
    (OWNER, "/kund/demokund/arenden/?q=kvitto"),
    (OWNER, "/kund/demokund/arenden/?q=finns-inte"),
    (OWNER, "/kund/demokund/arenden/nytt/"),
    ("lasare@demokund.example", "/kund/demokund/arenden/nytt/"),
    ("agare@delad.example", "/kund/delad/arenden/nytt/"),
    (OWNER, "/kund/demokund/kollegor/"),
    (OWNER, "/kund/demokund/huvudkontakt/demobyran/"),
    (OWNER, "/kund/demokund/samtycke/demobyran/"),
    (OWNER, "/kund/demokund/samtycke/demobyran/bevis/"),
    ("agare@utansamtycke.example", "/kund/utansamtycke/samtycke/demobyran/"),
    ("agare@delad.example", "/kund/delad/samtycke/"),
    (MANAGER, "/byra/demobyran/"),
    ("egna@demobyran.example", "/byra/demobyran/"),
    (MANAGER, "/byra/demobyran/arenden/?vy=alla"),
    (MANAGER, "/byra/demobyran/arenden/?q=finns-inte"),
    (MANAGER, "/byra/demobyran/arenden/nytt/"),
    (MANAGER, "/byra/demobyran/kunder/"),
    (MANAGER, "/byra/demobyran/kunder/ny/"),
    (MANAGER, "/byra/demobyran/kunder/import/"),
    (MANAGER, "/byra/demobyran/kunder/bjud-in/"),
    (MANAGER, "/byra/demobyran/medarbetare/"),
    (MANAGER, "/byra/demobyran/installningar/"),
    (OWNER, "/kund/demokund/personuppgifter/demobyran/"),
    (MANAGER, "/byra/demobyran/personuppgifter/"),
    (MANAGER, "/byra/demobyran/installningar/logg/"),
    (MANAGER, "/byra/demobyran/installningar/support/"),
    (MANAGER, "/byra/demobyran/installningar/avtal/"),
]


TWIN = "tvilling"


def same_company(world: Any) -> Engagement:
    """Hugo's company as the other firm's client too, under an address of its own; made the first time."""
    rows = Engagement.objects.unscoped(why="the tests' own client").select_related("firm", "company")
    if not Company.objects.filter(slug=TWIN).exists():
        rolf = world.staff("konsult@rivalbyran.example", "rivalbyran")
        here = rows.get(company__slug="annankund")
        facts = {name: getattr(here, name) for name in ("name", "number", "contact_name", "contact_email",
                                                        "address", "postcode", "city")}  # fmt: skip
        let_in(tenancy.invite_main_contact(rolf, tenancy.add_client(rolf, slug=TWIN, **facts)), "Hugo Hult")
    found: Engagement = rows.get(company__slug=TWIN)
    return found


def every_page(world: Any) -> list[tuple[str, str]]:
    """(address of the person or '' for nobody, path) of each page, with each case on both desks."""
    found = [("", path) for path in PUBLIC] + PEOPLE
    for engagement in world.engagements.values():
        if engagement.firm_id == world.firm.pk:
            found.append((MANAGER, f"/byra/demobyran/kunder/{engagement.pk}/"))
    own = f"/konto/byra/{provider_in(world).ref}/"
    found += [("", own), ("konsult@demobyran.example", f"{own}koppla/"), ("konsult@demobyran.example", "/konto/")]
    same_company(world)
    found.append(("agare@annankund.example", f"/kund/{TWIN}/samma-foretag/"))
    bageri = world.engagements["demokund"].pk
    ends = ("andra", "bevis", "huvudkontakt")
    found += [(MANAGER, f"/byra/demobyran/kunder/{bageri}/{end}/") for end in ends]
    for person in (MANAGER, "konsult@demobyran.example"):
        found.append((person, f"/byra/demobyran/medarbetare/{world.consultant.membership.pk}/"))
    for person in (OWNER, "medarbetare@demokund.example"):
        found.append((person, f"/kund/demokund/kollegor/{world.member.memberships[0].pk}/"))
    for kind in ("question", "document_request", "approval", "details", "information"):
        found.append((MANAGER, f"/byra/demobyran/arenden/nytt/?kund={bageri}&typ={kind}"))
    for case in world.cases.values():
        found += pages_of(case, bageri) if case.firm_id == world.firm.pk else []
    return found


def pages_of(case: Case, bageri: Any) -> list[tuple[str, str]]:
    firm = f"/byra/demobyran/arenden/{case.ref}/"
    # A draft opens in its form.
    found = [(MANAGER, f"{firm}andra/" if case.state == "draft" else firm)]
    if case.engagement_id != bageri or not case.is_sent:
        return found
    found.append((OWNER, f"/kund/demokund/arenden/{case.ref}/"))
    if case.state == "with_client" and case.kind in ("question", "document_request", "details"):
        found += [(MANAGER, f"{firm}ratta/"), (MANAGER, f"{firm}svara-at/")]
    return found


# Routes that are no page of their own: they answer a press, a poll, a download, or need a link from a letter.
NO_PAGE = (
    "/favicon.ico", "/health/", "/sprak/", "/konto/logga-ut/",
    "/^konto/losenord/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$", "/konto/losenord/klart/",
    "/konto/avslutat/", "/kund/<slug:company>/flikar/", "/kund/<slug:company>/logotyp/<slug:firm>/",
    "/byra/<slug:firm>/logotyp/", "/byra/<slug:firm>/kunder/import/<uuid:pk>/",
    "/byra/<slug:firm>/kunder/bjud-in/<uuid:pk>/", "/konto/kod/svar/",
    # The browser must stand on the host that takes passkeys: `test_in_the_browser.py` looks at them there.
    "/konto/andra-steget/", "/konto/byran-kraver/", "/konto/passnycklar/ny/", "/konto/passnycklar/<int:pk>/",
    "/konto/aterstallningskoder/fil/",
    "/konto/byra/<slug:provider_id>/svar/",
)  # fmt: skip


def routes_of_pages() -> set[str]:
    """The routes that show a page on a GET."""
    ends = ("kopia/", "fil/<uuid:file_id>/", "kopia/<int:year>/", ".csv", ".txt")
    return {
        route
        for route, view in routes()
        if "GET" in getattr(view, "methods", ()) and route not in NO_PAGE and not route.endswith(ends)
    }
