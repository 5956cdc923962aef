"""The page both sides can print: who did what, when, from where, and about which text."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from samsyn.cases import actions as cases
from samsyn.demo.world import PASSWORD
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.models import AgreementText, Consent
from tests.pressing import soup
from tests.test_agreement import text

MANAGER, OWNER, MEMBER = "ansvarig@demobyran.example", "agare@demokund.example", "medarbetare@demokund.example"
OURS = "/kund/demokund/samtycke/demobyran/"


def theirs(world: Any) -> str:
    return f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/"


@pytest.fixture
def withdrawn(world: Any, visit: Any) -> Any:
    """A consent that was invited, approved, asked about anew and withdrawn, from addresses that are known."""
    tenancy.publish_agreement(world.manager, {"sv": "## Nytt\n\nMed nya ord.", "en": "## New\n\nNew words."}, after=1)
    visit(OWNER).post(OURS, {"decision": "withdraw", "reason": "Vi byter byrå"}, REMOTE_ADDR="192.0.2.44")
    tenancy.invite_main_contact(world.manager, world.engagements["demokund"])
    return world


def both(world: Any, visit: Any) -> dict[str, Any]:
    return {"client": visit(OWNER).get(f"{OURS}bevis/"), "firm": visit(MANAGER).get(f"{theirs(world)}bevis/")}


def test_both_sides_read_every_step_as_it_was_stored(withdrawn: Any, visit: Any) -> None:
    rows = Consent.objects.visible_to(withdrawn.manager).filter(engagement=withdrawn.engagements["demokund"])
    pages = both(withdrawn, visit)
    shown = {
        side: [one.get_text(" ", strip=True) for one in soup(page).select(".evidence > li")]
        for side, page in pages.items()
    }
    assert shown["client"] == shown["firm"]
    assert [one.split()[0] for one in shown["firm"]] == ["1.", "2.", "3.", "4."]
    for step, said in zip(rows.order_by("seq"), shown["firm"], strict=True):
        assert step.name in said
        assert step.text_sha256 in said
        assert step.at.astimezone().strftime("%Y-%m-%d") in said
    third = shown["firm"][2]
    for fact in ("Elin Bergqvist", "Administratör", "Bageri Morgonglöd AB", "192.0.2.44", "Version 1", "Vi byter byrå"):
        assert fact in third
    for page in pages.values():
        assert "559999-0024" in text(page)
        assert "559999-0016" in text(page)
        assert "Med nya ord." in text(page)
        assert "Båda parter kan när som helst" in text(page)
        assert text(page).count("är densamma som i stegen") == 2


def test_the_hash_can_be_computed_again_from_the_file(withdrawn: Any, visit: Any) -> None:
    for person, page in ((visit(OWNER), f"{OURS}bevis/"), (visit(MANAGER), f"{theirs(withdrawn)}bevis/")):
        shown = person.get(page)
        links = [one["href"] for one in soup(shown).select("a[download]")]
        assert [one.rpartition("/")[2] for one in links] == ["avtal-2-sv.txt", "avtal-1-sv.txt"]
        for link in links:
            file = person.get(link)
            assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert file.headers["Content-Disposition"].startswith("attachment")
            assert hashlib.sha256(file.content).hexdigest() in text(shown)
        assert person.get(f"{page}avtal-2-en.txt").status_code == 404, "no step names it"
        assert person.get(f"{page}avtal-99-sv.txt").status_code == 404


def test_a_text_that_was_changed_outside_the_program_is_told(world: Any, visit: Any) -> None:
    rows = AgreementText.objects.unscoped(why="somebody with the database in his hands").filter(firm=world.firm)
    rows.update(body="## Något annat")
    for page in both(world, visit).values():
        assert "Texten har ändrats utanför programmet." in text(page)
        assert "är densamma som i stegen" not in text(page)


@pytest.mark.parametrize("email", [MEMBER, "lasare@demokund.example", "dubbel@demokund.example"])
def test_only_an_owner_sees_from_where_the_company_answered(world: Any, visit: Any, email: str) -> None:
    for path in ("bevis/", "bevis/avtal-1-sv.txt"):
        told = visit(email).get(f"{OURS}{path}")
        assert told.status_code == 403
        assert "Bara en administratör" in text(told)
    assert "bevis/" not in visit(email).get(OURS).content.decode()


def test_strangers_and_colleagues_without_the_client_find_nothing(world: Any, visit: Any) -> None:
    for path in ("bevis/", "bevis/avtal-1-sv.txt"):
        for email in ("agare@annankund.example", MANAGER, "konsult@rivalbyran.example"):
            assert visit(email).get(f"{OURS}{path}").status_code == 404
        for email in (OWNER, "egna@demobyran.example", "konsult@rivalbyran.example"):
            assert visit(email).get(f"{theirs(world)}{path}").status_code == 404
    assert visit("agare@delad.example").get("/kund/delad/samtycke/demokund/bevis/").status_code == 404
    assert visit(OWNER).post(f"{OURS}bevis/").status_code == 405


def test_a_company_of_two_firms_reads_of_each_by_itself(world: Any, visit: Any) -> None:
    person = visit("agare@delad.example")
    ours, rivals = (text(person.get(f"/kund/delad/samtycke/{firm}/bevis/")) for firm in ("demobyran", "rivalbyran"))
    assert "Fyrklang" in ours
    assert "Fyrklang" not in rivals
    assert "Rival Ekonomi" not in ours


def test_a_client_that_was_never_invited_has_no_evidence_yet(world: Any, visit: Any) -> None:
    joiner = next(one for one in world.engagements.values() if one.name == "Snickare Ek")
    client = f"/byra/demobyran/kunder/{joiner.pk}/"
    assert visit(MANAGER).get(f"{client}bevis/").status_code == 404
    assert "bevis/" not in visit(MANAGER).get(client).content.decode()
    assert "bevis/" in visit(MANAGER).get(theirs(world)).content.decode()
    assert "bevis/" in visit(OWNER).get(OURS).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_on_paper_there_is_the_evidence_and_nothing_to_press(browser: Any, live_server: Any, cast: None) -> None:
    page = browser.new_page()
    page.goto(f"{live_server.url}/konto/logga-in/?next={OURS}bevis/")
    page.fill("[name=login]", OWNER)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**{OURS}bevis/")
    page.emulate_media(media="print")
    for shown in ("h1", ".evidence > li", ".agreement"):
        assert page.locator(shown).first.is_visible()
    for gone in (".top", ".tabs", ".buttons", ".back"):
        assert not any(one.is_visible() for one in page.locator(gone).all()), gone


def test_the_newest_text_is_what_the_newest_invitation_was_about(withdrawn: Any) -> None:
    step = (
        Consent.objects.visible_to(withdrawn.manager).filter(engagement=withdrawn.engagements["demokund"]).latest("seq")
    )
    assert (step.step, step.text_sha256) == ("invited", text_for(withdrawn.firm, "sv").sha256)
    cases.approve_consent(withdrawn.owner, withdrawn.engagements["demokund"], text_sha256=step.text_sha256)
