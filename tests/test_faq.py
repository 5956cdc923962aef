"""One test for each question of the FAQ that specifies Samsyn, named after it."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail

from samsyn.cases import actions, kinds
from samsyn.cases.models import Case
from samsyn.demo.world import answer, let_in, write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy import actions as tenancy


def page(person: Any, path: str) -> str:
    response = person.get(path)
    assert response.status_code == 200, path
    return str(response.content.decode())


def test_what_is_case_handling(visit: Any, world: Any) -> None:
    """Clear cases in one place, and both sides see whose turn it is."""
    case = world.cases["Kontoutdrag för november"]
    assert "Hos byrån" in page(visit("agare@demokund.example"), f"/kund/demokund/arenden/{case.ref}/")
    assert "Väntar på dig" in page(visit("ansvarig@demobyran.example"), f"/byra/demobyran/arenden/{case.ref}/")


def test_how_do_i_activate_the_function(visit: Any, world: Any) -> None:
    """Not at all: the menu item appears by itself when a first case was sent and consent is approved."""
    firm, engagement = world.manager, tenancy.add_client(
        world.manager, name="Ny Kund AB", contact_name="Nina Ny", contact_email="nina@nykund.example",
        address="Gatan 1", postcode="111 11", city="Orten",
    )  # fmt: skip
    world.engagements["ny"] = engagement
    engagement.firm = world.firm
    write(world, firm, "ny", "question", "Första frågan")
    invitation = tenancy_invitation(engagement)
    let_in(invitation, "Nina Ny")
    nina = visit("nina@nykund.example")
    slug = engagement.company.slug
    assert ">Ärenden" not in page(nina, f"/kund/{slug}/flikar/")
    assert nina.get(f"/kund/{slug}/arenden/").status_code == 404
    approve(nina, f"/kund/{slug}/samtycke/demobyran/")
    assert "Ärenden" in page(nina, f"/kund/{slug}/flikar/")
    assert "Första frågan" in page(nina, f"/kund/{slug}/arenden/")


def approve(person: Any, path: str) -> None:
    """Read the agreement and press the button that stands under it."""
    read = re.search(r'name="text" value="([0-9a-f]{64})"', page(person, path))
    assert read
    assert person.post(path, {"decision": "approve", "may_represent": "on", "text": read[1]}).status_code == 302


def tenancy_invitation(engagement: Any) -> Any:
    from samsyn.tenancy.models import Invitation

    rows = Invitation.objects.unscoped(why="the test opens the mailed link")
    return rows.select_related("engagement", "firm").get(engagement=engagement, state="pending")


def test_the_menu_also_waits_for_a_first_case(visit: Any, world: Any) -> None:
    engagement = tenancy.add_client(
        world.manager, name="Bara Samtycke AB", contact_name="Bo Bara", contact_email="bo@bara.example",
        address="Gatan 1", postcode="111 11", city="Orten",
    )  # fmt: skip
    engagement.firm = world.firm
    let_in(tenancy.invite_main_contact(world.manager, engagement), "Bo Bara")
    bo, slug = visit("bo@bara.example"), engagement.company.slug
    approve(bo, f"/kund/{slug}/samtycke/demobyran/")
    assert ">Ärenden" not in page(bo, f"/kund/{slug}/flikar/")
    assert bo.get(f"/kund/{slug}/arenden/").status_code == 404
    assert "Byrån har inte skickat något ärende än" in page(bo, f"/kund/{slug}/")


def test_where_do_i_find_my_cases(visit: Any, world: Any) -> None:
    """In the menu, as cards: present ones and closed ones."""
    shown = page(visit("agare@demokund.example"), "/kund/demokund/arenden/")
    for words in ("Väntar på dig", "Att läsa", "Hos byrån", "Avslutade", 'class="card"'):
        assert words in shown


def test_how_do_i_answer_a_case(django_app: Any, world: Any) -> None:
    """Menu, card, read, fill in, send back: through the form that was rendered."""
    browser = django_app
    browser.extra_environ.update({"REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_LANGUAGE": "sv"})
    form = browser.get("/konto/logga-in/").forms[0]
    form["login"], form["password"] = "agare@demokund.example", "samsyn-demo"
    form.submit().follow()
    cards = browser.get("/kund/demokund/").click("Ärenden", index=0)
    case = cards.click("Vad gällde inköpet den 9 december?")
    form = next(one for one in case.forms.values() if "skicka-tillbaka" in one.action)
    for name in form.fields:
        if name and name.startswith("a-") and name != "a-comment":
            field = form.fields[name][0]
            form[name] = "no" if getattr(field, "options", None) and "no" in str(field.options) else (
                field.options[0][0] if getattr(field, "options", None) else "En degblandare")  # fmt: skip
    sent = form.submit().follow()
    assert "Ärendet är skickat till byrån" in sent.text
    assert "Hos byrån" in sent.text


def test_which_kinds_of_case_can_i_get(visit: Any, world: Any) -> None:
    """Five, each with fields of its own."""
    assert len(kinds.for_firm()) == 5
    owner = visit("agare@demokund.example")
    for subject, own in {
        "Vad gällde inköpet den 9 december?": "Är varan kvar i lager?",
        "Kvitton som saknas för december": "Fotografera",
        "Löner för januari": "Godkänn",
        "Uppgifter till årsredovisningen": "Skuld enligt banken",
        "Nya beloppsgränser": "Jag har läst",
    }.items():
        assert own in page(owner, f"/kund/demokund/arenden/{world.cases[subject].ref}/")


def test_can_i_create_cases_of_my_own(visit: Any, world: Any) -> None:
    """One kind, straight to the firm."""
    assert [kind.slug for kind in kinds.for_client()] == ["client_message"]
    owner = visit("agare@demokund.example")
    sent = owner.post(
        "/kund/demokund/arenden/nytt/",
        {"r-topic": "question", "r-to": "", "l-subject": "En egen fråga", "l-message": "Hur gör vi?", "once": "a1"},
        follow=True,
    )
    assert "En egen fråga" in sent.content.decode()
    assert "En egen fråga" in page(visit("ansvarig@demobyran.example"), "/byra/demobyran/")


def test_with_two_firms_the_client_is_first_asked_which(visit: Any, world: Any) -> None:
    shown = page(visit("agare@delad.example"), "/kund/delad/arenden/nytt/")
    assert "Vilken byrå vill du skriva till?" in shown
    assert "Fyrklang Redovisning AB" in shown
    assert "Rival Ekonomi AB" in shown


def test_why_dont_i_see_the_menu_for_cases(visit: Any, world: Any) -> None:
    """The start page says which of the two reasons it is."""
    shown = page(visit("agare@utansamtycke.example"), "/kund/utansamtycke/")
    assert "Därför ser du inga ärenden" in shown
    assert "Ni har inte svarat på samtycket än" in shown
    assert "1 ärende kommer hit när ni har godkänt" in shown


def test_related_the_first_case_is_mailed_without_any_of_its_content(world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Hemlig rubrik", "Hemligt meddelande")
    jobs.sweep()
    letters.sweep()
    told = [one for one in mail.outbox if case.ref in str(one.body)]
    assert {one.to[0] for one in told} == {"agare@demokund.example"}
    assert not any("Hemlig" in f"{one.subject}{one.body}{one.alternatives}" for one in told)


def test_an_answer_reaches_the_responsible_and_nobody_is_told_of_what_they_did(world: Any) -> None:
    case = write(world, world.consultant, "demokund", "question", "Vem får veta?")
    answer(world.owner, case)
    jobs.sweep()
    letters.sweep()
    told = [one for one in mail.outbox if f"/byra/demobyran/arenden/{case.ref}/" in str(one.body)]
    assert [one.to for one in told] == [["konsult@demobyran.example"]]
    actions.close(world.consultant, Case.objects.visible_to(world.consultant).get(pk=case.pk))
