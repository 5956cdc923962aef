"""*Samma företag*: who is offered it, what it changes, and that nobody else learns of it."""

from __future__ import annotations

from typing import Any

import pytest

from samsyn.cases import actions as cases
from samsyn.demo.world import let_in, write
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Company, Consent, Engagement, Membership, SecurityLog, Slug
from tests.every_page import TWIN, same_company
from tests.pressing import press, soup
from tests.test_agreement import text
from tests.test_tenants import bytes_of

HUGO, DINA = "agare@annankund.example", "dubbel@demokund.example"
OURS, THEIRS = "/kund/annankund/", f"/kund/{TWIN}/"
PAGE = f"{OURS}samma-foretag/"


@pytest.fixture
def twin(world: Any) -> Engagement:
    """Hugo's company at the rival firm as well, under an address of its own; a case from each firm."""
    made = same_company(world)
    rolf, hugo = world.staff("konsult@rivalbyran.example", "rivalbyran"), world.client(HUGO, TWIN)
    cases.approve_consent(hugo, made, text_sha256=text_for(world.rival, "sv").sha256)
    world.engagements["tvilling"] = made
    world.cases["theirs"] = write(world, rolf, "tvilling", "question", "Från den andra byrån")
    return made


def rows_of(*clients: Engagement) -> list[Any]:
    """What is stored of these clients, their people and consents, apart from the address."""
    pks = [one.pk for one in clients]
    engagements = Engagement.objects.unscoped(why="as it is stored").filter(pk__in=pks).order_by("pk")
    facts = [{name: value for name, value in one.items() if name != "company_id"} for one in engagements.values()]
    for model in (Membership, Consent):
        facts += list(model.objects.unscoped(why="as it is stored").filter(engagement__in=pks).order_by("pk").values())
    return facts


def test_an_owner_of_both_is_offered_it_told_what_happens_and_puts_both_under_one_address(
    visit: Any, world: Any, twin: Engagement
) -> None:
    hugo, ours = visit(HUGO), world.engagements["annankund"]
    before, logged = rows_of(ours, twin), SecurityLog.objects.unscoped(why="counted").count()
    assert f'href="{PAGE}"' in hugo.get(OURS).content.decode()
    assert f'href="{THEIRS}samma-foretag/"' in hugo.get(THEIRS).content.decode()
    page = hugo.get(PAGE)
    for words in ("En adress för Kafé Humlebo HB", "Inget delas mellan byråerna", "/kund/annankund/", THEIRS):
        assert words in text(page)
    joined = press(hugo, page, "Lägg dem under en adress")
    assert (joined.status_code, joined.headers["Location"]) == (302, OURS)
    assert "Företaget har en adress nu." in text(hugo.get(OURS))
    assert rows_of(ours, twin) == before, "people and consents are untouched, and so is what each firm knows"
    both = text(hugo.get(f"{OURS}arenden/"))
    assert "Vad är fakturan från november?" in both
    assert "Från den andra byrån" in both
    old = hugo.get(f"{THEIRS}arenden/")
    assert (old.status_code, old.headers["Location"]) == (302, f"{OURS}arenden/")
    assert hugo.get(PAGE).status_code == 404, "there is nothing left to put together"
    assert SecurityLog.objects.unscoped(why="counted").count() == logged, "neither firm is told"


def test_the_other_address_can_be_the_one_that_remains(visit: Any, world: Any, twin: Engagement) -> None:
    hugo = visit(HUGO)
    joined = press(hugo, hugo.get(PAGE), "Lägg dem under en adress", keep=TWIN)
    assert joined.headers["Location"] == THEIRS
    moved = hugo.get(f"{OURS}arenden/")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"{THEIRS}arenden/")
    assert Slug.objects.get(value="annankund").company == Company.objects.get(slug=TWIN)


def test_neither_firm_and_nobody_who_is_not_an_owner_of_both_notices_anything(
    visit: Any, world: Any, twin: Engagement
) -> None:
    maria, rolf, dina = visit("ansvarig@demobyran.example"), visit("konsult@rivalbyran.example"), visit(DINA)
    looked = [
        (maria, ["/byra/demobyran/kunder/", f"/byra/demobyran/kunder/{world.engagements['annankund'].pk}/"]),
        (rolf, ["/byra/rivalbyran/kunder/", f"/byra/rivalbyran/kunder/{twin.pk}/"]),
        (dina, [OURS, f"{OURS}arenden/", f"{OURS}kollegor/"]),
    ]
    before = [bytes_of(person, pages) for person, pages in looked]
    hugo = visit(HUGO)
    assert press(hugo, hugo.get(PAGE), "Lägg dem under en adress").status_code == 302
    assert [bytes_of(person, pages) for person, pages in looked] == before
    assert visit("agare@demokund.example").get(THEIRS).status_code == 404, "an old address leads only those who may see"


@pytest.mark.parametrize("email", [DINA, "agare@demokund.example", "ansvarig@demobyran.example"])
def test_for_everybody_else_the_page_is_not_there(visit: Any, world: Any, twin: Engagement, email: str) -> None:
    person = visit(email)
    for address in (PAGE, f"{THEIRS}samma-foretag/", "/kund/demokund/samma-foretag/"):
        assert person.get(address).status_code == 404
        assert person.post(address, {"there": TWIN, "keep": TWIN}).status_code == 404
    assert "samma-foretag" not in person.get("/", follow=True).content.decode()


def test_an_owner_of_one_who_is_a_member_of_the_other_is_not_offered_it(
    visit: Any, world: Any, twin: Engagement
) -> None:
    hugo = world.client(HUGO, TWIN)
    let_in(tenancy.add_colleague(hugo, twin, name="Ny Ägare", email="ny@humlebo.example", role="owner"), "Ny Ägare")
    other = world.client("ny@humlebo.example", TWIN)
    world.rival_staff = world.staff("konsult@rivalbyran.example", "rivalbyran")
    rows = Membership.objects.unscoped(why="the test sets the scene").filter(engagement=twin, user=hugo.user)
    rows.update(role="member")
    assert visit(HUGO).get(PAGE).status_code == 404
    assert visit("ny@humlebo.example").get(f"{THEIRS}samma-foretag/").status_code == 404
    for user in (hugo.user, other.user):
        with pytest.raises(NotYours):
            tenancy.join_companies(user, world.engagements["annankund"].company_id, twin.company_id)


@pytest.mark.parametrize(
    "number", ["", "5599990289"], ids=["the other firm has written none", "the other firm has another"]
)
def test_without_the_same_number_in_both_registers_it_is_not_offered(
    visit: Any, world: Any, twin: Engagement, number: str
) -> None:
    Engagement.objects.unscoped(why="the test sets the scene").filter(pk=twin.pk).update(number=number)
    assert visit(HUGO).get(PAGE).status_code == 404
    with pytest.raises(Refused):
        tenancy.join_companies(world.user(HUGO), world.engagements["annankund"].company_id, twin.company_id)


def test_what_was_not_offered_cannot_be_posted(visit: Any, world: Any, twin: Engagement) -> None:
    hugo = visit(HUGO)
    for there, keep in (("demokund", "annankund"), (TWIN, "demokund"), (TWIN, ""), ("", "")):
        told = hugo.post(PAGE, {"there": there, "keep": keep})
        assert told.status_code == 422
        assert "Välj vilken adress som ska finnas kvar." in text(told)
    assert Company.objects.filter(slug__in=("annankund", TWIN)).count() == 2
    assert soup(hugo.get(PAGE)).select("input[name=keep]")


def test_pressed_twice_it_is_done_once(visit: Any, world: Any, twin: Engagement) -> None:
    hugo = visit(HUGO)
    page = hugo.get(PAGE)
    assert press(hugo, page, "Lägg dem under en adress").status_code == 302
    assert press(hugo, page, "Lägg dem under en adress").status_code == 404
    assert Company.objects.filter(slug="annankund").count() == 1
