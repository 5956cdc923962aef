"""A new main contact by a manager: told to the owners, who can object; invited after seven days; old cases after the
agreement. Driven by the clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail

from samsyn.cases import actions as cases
from samsyn.cases import jobs
from samsyn.cases.actions.consent import ask_once_more
from samsyn.cases.lists import cases_for, waiting, waiting_for
from samsyn.cases.people import owners_of, recipients_of
from samsyn.demo.world import PASSWORD, let_in, write
from samsyn.kit import letters
from samsyn.kit.sweden import full_date, stockholm_today
from samsyn.notices import jobs as notices
from samsyn.tenancy import actions
from samsyn.tenancy.actions.appointing import sweep
from samsyn.tenancy.actions.consent import record_consent
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.appointments import Appointment
from samsyn.tenancy.errors import NotFresh, NotNow, NotYours, Refused
from samsyn.tenancy.models import Consent, Engagement, Invitation, Membership, User
from samsyn.tenancy.roles import rights_of
from samsyn.tenancy.security import SecurityLog
from tests.invited import link_to
from tests.pressing import press, soup
from tests.test_access import at_client, held, logged, signed_in, text

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT = "ansvarig@demobyran.example", "konsult@demobyran.example"
OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"
NEW = "nina@demokund.example"
OURS, START = "/kund/demokund/huvudkontakt/demobyran/", "/kund/demokund/"
CONSENT = "/kund/demokund/samtycke/demobyran/"
WHY = "Elin har slutat, enligt styrelsens beslut."
DAY = dt.timedelta(days=1)


def theirs(world: Any) -> str:
    return f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/huvudkontakt/"


def client(world: Any) -> Engagement:
    rows = Engagement.objects.visible_to(world.manager).select_related("firm", "company")
    found: Engagement = rows.get(pk=world.engagements["demokund"].pk)
    return found


def appointed(world: Any, email: str = NEW, name: str = "Nina Ny") -> Appointment:
    return actions.appoint(world.manager, world.engagements["demokund"], name=name, email=email, reason=WHY)


def newest(world: Any) -> Appointment:
    rows = Appointment.objects.visible_to(world.manager).select_related("engagement", "membership")
    return rows.order_by("-at").first()  # type: ignore[no-any-return]


def after(days: float) -> Any:
    return time_machine.travel(dt.datetime.now(dt.UTC) + days * DAY)


def mailed() -> list[tuple[str, str]]:
    """(to, subject) of the letters that have left since it was last asked."""
    letters.sweep()
    found = [(one.to[0], one.subject) for one in mail.outbox]
    mail.outbox.clear()
    return found


def invitation(email: str = NEW) -> Invitation:
    rows = Invitation.objects.unscoped(why="the test reads it").select_related("firm", "engagement__company")
    return rows.filter(email=email).order_by("-created_at").first()  # type: ignore[no-any-return]


def come_in(world: Any, email: str = NEW) -> Any:
    """The seven days go by, the person takes the invitation; gives the membership."""
    with after(8.1):
        sweep()
    return let_in(invitation(email), "Nina Ny")


def approved(world: Any, email: str = NEW) -> None:
    sha = text_for(client(world).firm, "sv").sha256
    cases.approve_consent(world.client(email), client(world), text_sha256=sha)


# The manager appoints


def test_a_manager_appoints_and_every_owner_is_told_and_reads_why(visit: Any, world: Any) -> None:
    actions.change_role(world.owner, at_client(MEMBER), role="owner")
    mailed()
    manager = visit(MANAGER)
    done = press(
        manager, manager.get(theirs(world)), "appoint", name="Nina Ny", email="NINA@demokund.example", reason=WHY
    )
    assert done.headers["Location"] == f"/byra/demobyran/kunder/{client(world).pk}/"
    letters.sweep()
    told = list(mail.outbox)
    assert sorted(one.to[0] for one in told) == [OWNER, MEMBER]
    assert {one.subject for one in told} == {"Ny huvudkontakt för Bageri Morgonglöd AB"}
    day = full_date(stockholm_today() + 7 * DAY).replace("\u00a0", " ")
    for letter in told:
        body = " ".join(str(letter.body).replace("\u00a0", " ").split())
        assert "Nina Ny" in body
        assert day in body
        assert "Elin har slutat" not in body, "the reason is read signed in"
        assert f"http://127.0.0.1:8000{OURS}" in body
    assert "vill att Nina Ny blir er nya huvudkontakt" in text(visit(OWNER).get(START))
    page = text(visit(OWNER).get(OURS))
    for words in ("Nina Ny", "nina@ demokund.", WHY, "Maria Sundfalk", day):
        assert words in page
    assert "är utsedd till ny huvudkontakt" in text(manager.get(f"/byra/demobyran/kunder/{client(world).pk}/"))
    assert logged("contact") == [("Nina Ny", "Utsedd")]


def test_only_a_manager_appoints_and_only_owners_read_of_it(visit: Any, world: Any) -> None:
    posted = {"do": "appoint", "name": "Nina Ny", "email": NEW, "reason": WHY}
    assert visit(CONSULTANT).post(theirs(world), posted).status_code == 403
    assert visit(CONSULTANT).get(theirs(world)).status_code == 200
    for stranger in ("egna@demobyran.example", "konsult@rivalbyran.example", OWNER):
        assert visit(stranger).post(theirs(world), posted).status_code == 404
    assert newest(world) is None
    appointed(world)
    for person, status in ((MEMBER, 403), (READER, 403), ("agare@annankund.example", 404), (MANAGER, 404)):
        assert visit(person).get(OURS).status_code == status
        assert visit(person).post(OURS).status_code == status
    for person in (MEMBER, READER, "dubbel@demokund.example"):
        assert "Nina Ny" not in text(visit(person).get(START))
    assert not Appointment.objects.visible_to(world.member).exists()
    assert not Appointment.objects.visible_to(world.staff("konsult@rivalbyran.example", "rivalbyran")).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"reason": ""}, "Detta fält måste fyllas i."),
        ({"name": "www.ond.example"}, "Skriv ett namn utan länkar eller adresser."),
        ({"email": "inte en adress"}, "Fyll i en giltig e-postadress."),
        ({"email": CONSULTANT}, "Adressen hör till någon på byrån."),
        ({"email": OWNER}, "Personen är redan administratör. Välj bland administratörerna i stället."),
        ({"reason": "x" * 501}, "Texten är för lång."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_and_what_was_typed_stays(
    visit: Any, world: Any, typed: dict[str, str], sentence: str
) -> None:
    manager = visit(MANAGER)
    facts = {"name": "Nina Ny", "email": NEW, "reason": WHY, **typed}
    refused = press(manager, manager.get(theirs(world)), "appoint", **facts)
    assert (refused.status_code, sentence in text(refused)) == (422, True), text(refused)
    assert soup(refused).select_one("[name=name]")["value"] == facts["name"]
    assert facts["reason"] in soup(refused).select_one("[name=reason]").text
    assert newest(world) is None


def test_before_anybody_has_approved_it_is_the_register_that_is_changed(visit: Any, world: Any) -> None:
    path = f"/byra/demobyran/kunder/{world.engagements['utansamtycke'].pk}/huvudkontakt/"
    page = visit(MANAGER).get(path)
    assert "Ändra vem som är huvudkontakt i registret." in text(page)
    posted = {"do": "appoint", "name": "Nina Ny", "email": NEW, "reason": WHY}
    assert visit(MANAGER).post(path, posted).status_code == 409


def test_the_same_press_twice_is_one_and_another_meanwhile_is_refused(world: Any) -> None:
    first = appointed(world)
    assert appointed(world).pk == first.pk
    with pytest.raises(NotNow, match="Någon är redan utsedd"):
        appointed(world, "annan@demokund.example")
    assert len([one for one in mailed() if one[0] == OWNER and "Ny huvudkontakt" in one[1]]) == 1


def test_one_of_the_owners_becomes_main_contact_at_once(visit: Any, world: Any) -> None:
    actions.change_role(world.owner, at_client(MEMBER), role="owner")
    manager = visit(MANAGER)
    page = manager.get(theirs(world))
    assert press(manager, page, "choose", owner=str(at_client(MEMBER).pk)).status_code == 302
    fresh = client(world)
    assert (fresh.main_contact_id, fresh.contact_email) == (at_client(MEMBER).pk, MEMBER)
    assert logged("contact") == [("Oskar Lindh", "Vald bland administratörerna")]
    assert press(manager, page, "choose", owner=str(at_client(READER).pk)).status_code == 422
    owner = visit(OWNER)
    left = press(owner, owner.get(f"/kund/demokund/kollegor/{at_client(OWNER).pk}/"), "leave")
    assert left.status_code == 302, "whoever is main contact no more can leave"


# The owners object


def test_one_press_of_an_owner_stops_it_and_both_sides_read_who_when_and_why(visit: Any, world: Any) -> None:
    appointed(world)
    mailed()
    owner = visit(OWNER)
    assert press(owner, owner.get(OURS), "Invänd", reason="Jag är kvar.").status_code == 302
    assert mailed() == [(MANAGER, "Bageri Morgonglöd AB har invänt mot den nya huvudkontakten")]
    for person, path in ((OWNER, OURS), (MANAGER, theirs(world))):
        page = text(visit(person).get(path))
        for words in ("Elin Bergqvist invände.", "Jag är kvar.", "Maria Sundfalk utsåg Nina Ny.", WHY):
            assert words in page, (person, words)
    with after(9):
        sweep()
    assert (newest(world).state, invitation()) == ("objected", None)
    assert logged("contact")[-1] == ("Nina Ny", "En administratör har invänt")


def test_an_objection_needs_no_reason_is_pressed_once_and_only_in_time(visit: Any, world: Any) -> None:
    appointed(world)
    owner = visit(OWNER)
    page = owner.get(OURS)
    assert [press(owner, page, "Invänd").status_code for _press in range(2)] == [302, 302]
    again = appointed(world, "annan@demokund.example")
    with after(8.1):
        sweep()
        late = visit(OWNER).post(OURS, {"reason": "För sent"})
        assert (late.status_code, "Det är för sent att invända." in text(late)) == (409, True)
        assert "För sent" in text(late), "what was typed is in hand"
    again.refresh_from_db()
    assert again.state == "invited"


def test_no_get_and_nobody_who_is_not_signed_in_objects(client: Any, world: Any) -> None:
    appointed(world)
    for _press in range(3):
        assert client.get(OURS).status_code == 302
        assert client.head(OURS).status_code == 302
        assert client.post(OURS, {"reason": ""}).status_code == 302
        signed_in(OWNER).get(OURS)
    assert newest(world).state == "waiting"


def test_a_manager_takes_it_back_and_the_owners_are_told(visit: Any, world: Any) -> None:
    appointed(world)
    mailed()
    manager = visit(MANAGER)
    page = manager.get(theirs(world))
    assert [press(manager, page, "cancel").status_code for _press in range(2)] == [302, 302]
    assert mailed() == [(OWNER, "Den nya huvudkontakten för Bageri Morgonglöd AB är tillbakatagen")]
    with after(9):
        sweep()
    assert invitation() is None
    assert "Maria Sundfalk tog tillbaka det." in text(visit(OWNER).get(OURS))
    with pytest.raises(NotYours):
        actions.cancel_appointment(world.consultant, newest(world))


# The calendar


def test_nothing_happens_before_the_seven_days_are_over_and_once_only_after(world: Any) -> None:
    with time_machine.travel("2027-03-25T09:00Z"):
        actions.appoint(world.manager, world.engagements["demokund"], name="Nina Ny", email=NEW, reason=WHY)
    # Summer time begins on the 28th: midnight after 1 April is 22:00 by the clock of the server.
    for moment, state in (("2027-04-01T21:59Z", "waiting"), ("2027-04-01T22:01Z", "invited")):
        with time_machine.travel(moment):
            sweep()
            sweep()
        assert newest(world).state == state, moment
    rows = Invitation.objects.unscoped(why="the test counts").filter(email=NEW)
    assert [(one.role, one.main_contact) for one in rows] == [("owner", True)]
    assert client(world).contact_email == NEW


def test_a_sweep_that_was_missed_is_caught_up(world: Any) -> None:
    appointed(world)
    mailed()
    with after(30):
        sweep()
        told = mailed()
    assert (OWNER, "Nina Ny är inbjuden till Bageri Morgonglöd AB") in told
    assert (NEW, "Inbjudan från Fyrklang Redovisning AB") in told


def test_with_no_owner_who_can_sign_in_there_is_nobody_to_ask_and_it_goes_at_once(visit: Any, world: Any) -> None:
    User.objects.filter(email=OWNER).update(is_active=False)
    manager = visit(MANAGER)
    page = manager.get(theirs(world))
    assert "det finns ingen att fråga" in text(page)
    press(manager, page, "appoint", name="Nina Ny", email=NEW, reason=WHY)
    assert (newest(world).state, invitation().email) == ("invited", NEW)


@pytest.mark.parametrize("what", ["ended", "withdrawn", "staff"])
def test_what_has_happened_meanwhile_stops_it(world: Any, what: str) -> None:
    appointed(world)
    if what == "ended":
        cases.end_client(world.manager, world.engagements["demokund"])
    elif what == "withdrawn":
        cases.withdraw_consent(world.owner, world.engagements["demokund"])
    else:
        let_in(actions.add_staff(world.manager, name="Nina Ny", email=NEW, role="consultant"), "Nina Ny")
    with after(9):
        sweep()
    assert newest(world).state == "cancelled"
    rows = Invitation.objects.unscoped(why="the test counts").filter(email=NEW, engagement__isnull=False)
    assert not rows.exists()


# Old cases only after the agreement


def test_before_approving_the_new_one_sees_nothing_of_the_company_and_after_it_all(visit: Any, world: Any) -> None:
    member = at_client(MEMBER)
    case = write(world, world.manager, "demokund", "question", "Känslig fråga", send=False)
    cases.set_recipients(world.manager, case, [member])
    cases.open_(world.manager, case)
    appointed(world)
    nina = come_in(world)
    assert (nina.awaits_agreement, nina.role, rights_of(nina)) == (True, "owner", frozenset())
    person, actor = visit(NEW), world.client(NEW)
    paths = ["arenden/", "arenden/avslutade/", "arenden/nytt/", f"arenden/{case.ref}/", f"arenden/{case.ref}/kopia/",
             f"kopia/{stockholm_today().year}/"]  # fmt: skip
    assert {person.get(START + path).status_code for path in paths} == {404}
    assert (cases_for(actor).count(), waiting_for(actor)) == (0, 0)
    assert not Consent.objects.visible_to(actor).exists()
    for path in ("", "kollegor/", "samtycke/demobyran/"):
        page = person.get(START + path)
        for hidden in (
            "Elin Bergqvist",
            "Oskar Lindh",
            "Känslig fråga",
            "Ägarens lön",
            'href="/kund/demokund/arenden/',
        ):
            assert hidden not in page.content.decode(), (path, hidden)
    assert person.get(OURS).status_code == 403
    assert person.post(START + "kollegor/", {"name": "B", "email": "b@b.example", "role": "owner"}).status_code == 403
    assert "har utsett dig till huvudkontakt" in text(person.get(START))
    approved(world)
    person = visit(NEW)
    assert person.get(f"{START}arenden/{case.ref}/").status_code == 200
    assert "Elin Bergqvist" in text(person.get(START + "kollegor/"))
    fresh = client(world)
    assert (fresh.main_contact_id, fresh.has_consent, newest(world).state) == (nina.pk, True, "approved")
    assert logged("contact")[-1] == ("Nina Ny", "Har godkänt avtalet")


def test_until_then_the_new_one_is_nobodys_owner_recipient_or_approver(world: Any) -> None:
    appointed(world)
    nina = come_in(world)
    case = write(world, world.manager, "demokund", "question", "Ny fråga")
    assert nina.pk not in [one.pk for one in owners_of(case.engagement_id)]
    assert nina.pk not in [one.pk for one in recipients_of(case)]
    assert client(world).main_contact_id == at_client(OWNER).pk
    with pytest.raises(NotNow, match="sista administratör"):
        actions.end_access(world.owner, at_client(OWNER))
    with pytest.raises(NotYours):
        cases.withdraw_consent(world.client(NEW), client(world))


def test_the_whole_way_through_the_pages(visit: Any, world: Any) -> None:
    appointed(world)
    with after(8.1):
        sweep()
        link = link_to(NEW)
    user = User.objects.create_user(NEW, PASSWORD, name="Nina Ny")
    person = visit(NEW)
    done = press(person, person.get(link), "Tacka ja till inbjudan")
    assert done.headers["Location"] == CONSENT
    page = person.get(CONSENT)
    assert "Vill du vara huvudkontakt för Bageri Morgonglöd AB?" in text(page)
    assert "Återkalla samtycket" not in text(page)
    unticked = press(person, page, "approve")
    assert unticked.status_code == 422
    done = press(person, page, "approve", may_represent="on")
    assert done.headers["Location"] == "/kund/demokund/arenden/"
    assert press(person, page, "approve", may_represent="on").status_code == 302
    assert person.get("/kund/demokund/arenden/").status_code == 200
    steps = Consent.objects.visible_to(world.manager).filter(engagement=client(world)).order_by("-seq")
    assert (steps[0].step, steps[0].user_id, steps[0].role) == ("approved", user.pk, "owner")
    assert steps.filter(user_id=user.pk).count() == 1


def test_a_new_one_who_declines_is_out_and_the_agreement_stands(visit: Any, world: Any) -> None:
    appointed(world)
    nina = come_in(world)
    mailed()
    person = visit(NEW)
    assert press(person, person.get(CONSENT), "decline").headers["Location"] == "/"
    nina.refresh_from_db()
    assert (nina.ended_at is not None, client(world).has_consent) == (True, True)
    assert signed_in(NEW).get(START).status_code in (302, 404)
    assert (MANAGER, "Den nya huvudkontakten för Bageri Morgonglöd AB har avböjt") in mailed()
    assert "Nina Ny avböjde." in text(visit(OWNER).get(OURS))
    assert client(world).main_contact_id == at_client(OWNER).pk


@pytest.mark.parametrize("how", ["declines", "cancelled"])
def test_an_employee_who_was_appointed_becomes_what_he_was_again(world: Any, how: str) -> None:
    actions.change_role(world.owner, at_client(MEMBER), role="member", may_approve=True)
    appointed(world, MEMBER, "Oskar Lindh")
    oskar = come_in(world, MEMBER)
    assert (oskar.role, oskar.awaits_agreement, oskar.role_before) == ("owner", True, "member/approves")
    if how == "declines":
        cases.decline_consent(world.member, client(world))
    else:
        actions.cancel_appointment(world.manager, newest(world))
    fresh = at_client(MEMBER)
    assert (fresh.role, fresh.may_approve, fresh.awaits_agreement, fresh.ended_at) == ("member", True, False, None)


def test_a_recipient_who_is_appointed_leaves_the_case_to_the_owners_meanwhile(world: Any) -> None:
    case = write(world, world.manager, "demokund", "question", "Till Oskar", send=False)
    cases.set_recipients(world.manager, case, [at_client(MEMBER)])
    cases.open_(world.manager, case)
    mine = cases_for(world.owner).filter(pk=case.pk)
    assert not waiting(world.owner, mine).exists()
    appointed(world, MEMBER, "Oskar Lindh")
    come_in(world, MEMBER)
    assert [one.user.email for one in recipients_of(case)] == [OWNER]
    assert waiting(world.owner, mine).exists(), "the badge counts what the letters go by"


def test_an_owner_removes_one_who_has_not_approved_and_cannot_give_another_role(visit: Any, world: Any) -> None:
    appointed(world)
    nina = come_in(world)
    owner = visit(OWNER)
    assert "Har inte godkänt avtalet än" in text(owner.get("/kund/demokund/kollegor/"))
    page = owner.get(f"/kund/demokund/kollegor/{nina.pk}/")
    assert press(owner, page, "role", role="member").status_code == 409
    assert press(owner, page, "remove").status_code == 302
    assert newest(world).state == "cancelled"


def test_the_invitation_is_sent_again_and_the_old_link_is_dead(visit: Any, world: Any) -> None:
    appointed(world)
    with after(8.1):
        sweep()
        first = link_to(NEW)
        manager = visit(MANAGER)
        assert press(manager, manager.get(theirs(world)), "again").status_code == 302
        second = link_to(NEW)
        assert first != second
        assert visit(OWNER).get(first).status_code == 410
    let_in(invitation(), "Nina Ny")
    assert newest(world).membership_id is not None
    assert visit(MANAGER).post(theirs(world), {"do": "again"}).status_code == 409


# No way round


def test_after_a_withdrawal_the_firm_invites_nobody_new_past_the_owners(world: Any) -> None:
    firm, engagement = world.manager, world.engagements["demokund"]
    cases.withdraw_consent(firm, engagement)
    actions.change_client(firm, client(world), contact_name="Nina Ny", contact_email=NEW)
    with pytest.raises(Refused, match="Kunden har administratörer"):
        actions.invite_main_contact(firm, client(world))
    appointed(world)
    with after(8.1):
        sweep()
    assert client(world).awaits_answer, "the company is asked anew"
    nina = let_in(invitation(), "Nina Ny")
    assert nina.awaits_agreement
    approved(world)
    assert client(world).has_consent
    actions.change_client(firm, client(world), contact_name="Elin Bergqvist", contact_email=OWNER)
    cases.withdraw_consent(firm, client(world))
    actions.invite_main_contact(firm, client(world))
    assert let_in(invitation(OWNER), "Elin Bergqvist").awaits_agreement is False, "an owner from before"


def test_with_no_owner_left_a_new_one_invited_after_a_withdrawal_sees_nothing_before_approving(world: Any) -> None:
    cases.withdraw_consent(world.manager, world.engagements["demokund"])
    User.objects.filter(email=OWNER).update(is_active=False)
    actions.change_client(world.manager, client(world), contact_name="Nina Ny", contact_email=NEW)
    actions.invite_main_contact(world.manager, client(world))
    assert let_in(invitation(), "Nina Ny").awaits_agreement
    assert cases_for(world.client(NEW)).count() == 0
    approved(world)
    assert cases_for(world.client(NEW)).count() > 0


def test_nothing_of_another_client_or_firm_moves(world: Any) -> None:
    before = [(one.pk, one.contact_email, one.main_contact_id) for one in others(world)]
    appointed(world)
    come_in(world)
    approved(world)
    assert [(one.pk, one.contact_email, one.main_contact_id) for one in others(world)] == before
    rows = SecurityLog.objects.unscoped(why="the test counts").filter(what="contact")
    assert {one.firm_id for one in rows} == {world.firm.pk}


def others(world: Any) -> Any:
    rows = Engagement.objects.unscoped(why="the test reads all").exclude(pk=world.engagements["demokund"].pk)
    return list(rows.order_by("pk"))


def test_whoever_is_staff_elsewhere_and_comes_in_here_keeps_the_other_place(visit: Any, world: Any) -> None:
    appointed(world, "konsult@rivalbyran.example", "Rolf Rask")
    with after(8.1):
        sweep()
    let_in(invitation("konsult@rivalbyran.example"), "Rolf Rask")
    person = visit("konsult@rivalbyran.example")
    assert person.get("/byra/rivalbyran/").status_code == 200
    assert person.get("/kund/demokund/arenden/").status_code == 404
    assert held("konsult@rivalbyran.example", engagement__isnull=False).awaits_agreement
    assert Membership.objects.unscoped(why="the test counts").filter(awaits_agreement=True).count() == 1


def test_one_whom_the_owners_let_in_themselves_meanwhile_is_main_contact_without_more(world: Any) -> None:
    appointed(world)
    asked = actions.add_colleague(world.owner, world.engagements["demokund"], name="Nina Ny", email=NEW, role="owner")
    nina = let_in(asked, "Nina Ny")
    with after(9):
        sweep()
    assert (newest(world).state, client(world).main_contact_id) == ("approved", nina.pk)
    assert not at_client(NEW).awaits_agreement


def test_a_new_one_who_is_in_and_not_wanted_can_leave_even_where_no_owner_is(visit: Any, world: Any) -> None:
    User.objects.filter(email=OWNER).update(is_active=False)
    appointed(world)
    nina = let_in(invitation(), "Nina Ny")
    person = visit(NEW)
    assert press(person, person.get(f"/kund/demokund/kollegor/{nina.pk}/"), "leave").status_code == 302
    assert newest(world).state == "cancelled"


def test_a_link_nobody_used_in_time_is_said_to_the_firm(visit: Any, world: Any) -> None:
    appointed(world)
    with after(9):
        sweep()
    with after(45):
        assert "Länken har gått ut utan att användas." in text(visit(MANAGER).get(theirs(world)))


def test_a_firm_that_demands_a_fresh_proof_demands_it_of_the_new_one_too(world: Any) -> None:
    appointed(world)
    come_in(world)
    actions.change_firm(world.manager, fresh_consent=True)
    for do, words in ((cases.approve_consent, {"text_sha256": "x"}), (cases.decline_consent, {})):
        with pytest.raises(NotFresh):
            do(world.client(NEW), client(world), **words)
    assert newest(world).state == "invited"


# What let the new one in is gone


def gone(member: Membership) -> bool:
    member.refresh_from_db()
    return member.ended_at is not None and not member.awaits_agreement


def test_a_withdrawal_puts_out_one_who_has_not_approved_and_the_next_asking_is_not_for_him(
    visit: Any, world: Any
) -> None:
    appointed(world)
    nina = come_in(world)
    page_open = world.client(NEW)
    cases.withdraw_consent(world.owner, client(world))
    actions.invite_main_contact(world.manager, refreshed(world, OWNER))
    assert (gone(nina), newest(world).state) == (True, "cancelled")
    assert signed_in(NEW).get(CONSENT).status_code in (302, 404)
    with pytest.raises(NotYours):
        cases.approve_consent(page_open, client(world), text_sha256=text_for(client(world).firm, "sv").sha256)
    fresh = client(world)
    assert (fresh.has_consent, fresh.main_contact_id) == (False, at_client(OWNER).pk)


def refreshed(world: Any, email: str) -> Engagement:
    """The client, when the register names somebody else."""
    return actions.change_client(world.manager, client(world), contact_name="Elin Bergqvist", contact_email=email)


@pytest.mark.parametrize("how", ["withdrawn", "ended"])
def test_an_employee_has_the_role_back_when_the_appointment_is_stopped(world: Any, how: str) -> None:
    appointed(world, MEMBER, "Oskar Lindh")
    come_in(world, MEMBER)
    if how == "withdrawn":
        cases.withdraw_consent(world.owner, client(world))
    else:
        cases.end_client(world.manager, client(world))
    fresh = at_client(MEMBER)
    assert (fresh.role, fresh.awaits_agreement, fresh.ended_at) == ("member", False, None)


def test_a_client_that_has_ended_lets_nobody_approve_himself_in(world: Any) -> None:
    appointed(world)
    nina = come_in(world)
    page_open, sha = world.client(NEW), text_for(client(world).firm, "sv").sha256
    cases.end_client(world.manager, client(world))
    with pytest.raises(NotYours):
        cases.approve_consent(page_open, client(world), text_sha256=sha)
    assert gone(nina)
    actions.take_up_client(world.manager, client(world))
    with pytest.raises(NotYours):
        cases.approve_consent(page_open, client(world), text_sha256=sha)
    assert client(world).main_contact_id == at_client(OWNER).pk


def test_an_ended_client_approves_no_new_text(world: Any) -> None:
    ask_once_more(world.manager, client(world))
    Engagement.objects.unscoped(why="the test ends it").filter(pk=client(world).pk).update(
        ended_at=dt.datetime.now(dt.UTC)
    )
    with pytest.raises(NotNow):
        approved(world, OWNER)


@pytest.mark.parametrize("let_in_by", ["an appointment", "an invitation"])
def test_a_membership_that_nothing_holds_up_any_more_does_not_answer(world: Any, let_in_by: str) -> None:
    if let_in_by == "an appointment":
        appointed(world)
        come_in(world)
        Appointment.objects.unscoped(why="the test ends it").update(state="cancelled")
    else:
        cases.withdraw_consent(world.manager, client(world))
        User.objects.filter(email=OWNER).update(is_active=False)
        actions.change_client(world.manager, client(world), contact_name="Nina Ny", contact_email=NEW)
        actions.invite_main_contact(world.manager, client(world))
        let_in(invitation(), "Nina Ny")
    Invitation.objects.unscoped(why="the test ends it").filter(email=NEW).update(state="revoked")
    for do, words in ((cases.approve_consent, {"text_sha256": "x"}), (cases.decline_consent, {})):
        with pytest.raises(NotYours):
            do(world.client(NEW), client(world), **words)


def test_a_corrected_address_puts_out_whoever_came_in_by_the_wrong_one(world: Any) -> None:
    cases.withdraw_consent(world.manager, client(world))
    User.objects.filter(email=OWNER).update(is_active=False)
    actions.change_client(world.manager, client(world), contact_name="Nina Ny", contact_email="fel@demokund.example")
    actions.invite_main_contact(world.manager, client(world))
    wrong = let_in(invitation("fel@demokund.example"), "Fel Person")
    assert wrong.awaits_agreement
    actions.change_client(world.manager, client(world), contact_email=NEW)
    assert gone(wrong)
    assert let_in(invitation(), "Nina Ny").awaits_agreement
    approved(world)
    assert client(world).has_consent


def test_another_address_in_the_register_ends_what_was_appointed_at_the_wrong_one(world: Any) -> None:
    appointed(world, "fel@demokund.example")
    wrong = come_in(world, "fel@demokund.example")
    actions.change_client(world.manager, client(world), contact_email=NEW)
    assert (gone(wrong), newest(world).state) == (True, "cancelled")
    assert appointed(world).is_waiting, "the right one can be appointed"


# Where no agreement is in force, the appointed person is asked as any main contact is


def invited_after_a_withdrawal(world: Any) -> None:
    cases.withdraw_consent(world.manager, client(world))
    User.objects.filter(email=OWNER).update(is_active=False)
    appointed(world)


@pytest.mark.parametrize("comes_in", [True, False])
def test_an_asking_that_ran_out_ends_the_appointment_and_somebody_can_be_appointed_anew(
    visit: Any, world: Any, comes_in: bool
) -> None:
    invited_after_a_withdrawal(world)
    nina = let_in(invitation(), "Nina Ny") if comes_in else None
    with after(40):
        jobs.follow_up_consents()
        assert (client(world).consent, newest(world).state) == ("expired", "cancelled")
        assert nina is None or gone(nina)
        assert visit(MANAGER).post(theirs(world), {"do": "again"}).status_code == 409
        appointed(world)
        assert let_in(invitation(), "Nina Ny").awaits_agreement
        approved(world)
    assert client(world).has_consent


def test_a_link_sent_again_after_the_asking_has_ended_can_be_answered(world: Any) -> None:
    invited_after_a_withdrawal(world)
    record_consent(world.manager, client(world), Engagement.ConsentState.EXPIRED)
    actions.invite_appointed_again(world.manager, newest(world))
    assert client(world).awaits_answer
    let_in(invitation(), "Nina Ny")
    approved(world)
    assert client(world).main_contact_id == at_client(NEW).pk


def test_a_link_sent_again_asks_nobody_anew_while_the_agreement_is_in_force(world: Any) -> None:
    appointed(world)
    with after(8.1):
        sweep()
        actions.invite_appointed_again(world.manager, newest(world))
    assert (client(world).has_consent, client(world).asked_at) == (True, None)


def test_one_who_has_come_in_and_not_answered_is_reminded_without_a_link(world: Any) -> None:
    invited_after_a_withdrawal(world)
    nina = let_in(invitation(), "Nina Ny")
    days, bodies = [], []
    for day in range(1, 20):
        with after(day):
            notices.sweep()
            letters.sweep()
            mail.outbox.clear()
            jobs.follow_up_consents()
            notices.sweep()
            letters.sweep()
            days += [day for one in mail.outbox if one.to == [NEW]]
            bodies += [str(one.body) for one in mail.outbox if one.to == [NEW]]
    assert len(days) == 2, "on the fifth working day and on the twelfth"
    assert all(CONSENT in body and "/inbjudan/" not in body for body in bodies)
    assert nina.pk == at_client(NEW).pk


def test_an_owners_approval_of_a_new_text_leaves_the_appointed_persons_link_alive(world: Any) -> None:
    appointed(world)
    with after(8.1):
        sweep()
    ask_once_more(world.manager, client(world))
    approved(world, OWNER)
    assert let_in(invitation(), "Nina Ny").awaits_agreement
    approved(world)
    assert client(world).main_contact_id == at_client(NEW).pk
