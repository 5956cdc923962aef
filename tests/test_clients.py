"""Clients by form: added, changed, found, ended, taken up again, and deleted while nothing has been sent to them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.db import connection, models
from django.test import Client

from samsyn.cases import actions, jobs
from samsyn.cases.models import Attachment, Case, SendBatch
from samsyn.cases.retention import after_the_client_ended
from samsyn.demo.world import let_in, organisation_number, write
from samsyn.kit import letters
from samsyn.kit.gate import tenant_models
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import Consent, Engagement, Invitation
from tests.registers import CONSULTANT, MANAGER, NUMBER, OTHER, checked, clients_called, csv_of, imported

CLIENTS = "/byra/demobyran/kunder/"
FACTS = {
    "name": "Åsas Ångbageri AB", "number": NUMBER, "form": "limited", "client_number": "K-7", "address": "Gatan 1",
    "postcode": "111 22", "city": "Lund", "contact_name": "Åsa Ång", "contact_email": "asa@ang.example",
    "phone": "046-1", "fiscal_year_ends": "12", "language": "sv",
}  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode())


def client_of(world: Any, **more: str) -> Engagement:
    """A client of Maria's that nothing has been sent to."""
    facts = {**FACTS, "fiscal_year_ends": 12, **more}
    made = tenancy.add_client(world.manager, **facts)
    rows = Engagement.objects.visible_to(world.manager).select_related("firm", "company")
    found: Engagement = rows.get(pk=made.pk)
    return found


def again(world: Any, client: Engagement) -> Engagement:
    found: Engagement = Engagement.objects.visible_to(world.manager).select_related("firm", "company").get(pk=client.pk)
    return found


def change(person: Client, client: Engagement, **facts: str) -> Any:
    held = {name: getattr(client, name) for name in FACTS}
    return person.post(f"{CLIENTS}{client.pk}/andra/", {**held, **facts}, follow=True)


def press(person: Client, client: Engagement, do: str) -> Any:
    return person.post(f"{CLIENTS}{client.pk}/", {"do": do}, follow=True)


def links_to(email: str) -> list[str]:
    """The links in every letter to `email`, oldest first."""
    letters.sweep()
    said = [str(one.body) for one in mail.outbox if one.to == [email]]
    return [link for body in said for link in re.findall(r"/inbjudan/[\w-]+/", body)]


# Added and changed


def test_a_client_is_added_with_all_that_the_firm_knows(visit: Any, world: Any) -> None:
    page = visit(MANAGER).post(f"{CLIENTS}ny/", FACTS, follow=True)
    assert "Kunden är sparad" in text(page)
    (made,) = clients_called(FACTS["name"])
    assert {name: str(getattr(made, name)) for name in FACTS} == FACTS
    assert made.responsible_id == world.manager.membership.pk


def test_only_the_name_is_needed(visit: Any, world: Any) -> None:
    assert visit(MANAGER).post(f"{CLIENTS}ny/", {"name": "", "fiscal_year_ends": "12"}).status_code == 422
    facts = {"name": "Bara ett namn", "fiscal_year_ends": "12", "language": "sv"}
    assert visit(MANAGER).post(f"{CLIENTS}ny/", facts).status_code == 302


WRONG = [
    ({"number": "559999-0000"}, "number", "Numret"),
    ({"number": organisation_number("559999002")}, "number", "En annan kund har redan det här numret."),
    ({"contact_email": "inte en adress"}, "contact_email", ""),
    ({"contact_email": "a" * 250 + "@b.example"}, "contact_email", ""),
    ({"fiscal_year_ends": "13"}, "fiscal_year_ends", ""),
    ({"name": "n" * 121}, "name", "Högst 120 tecken"),
    ({"city": "\u0958" * 41}, "city", "Högst 80 tecken"),
    ({"postcode": "123 45 678 90"}, "postcode", "Högst 10 tecken"),
    ({"form": "ag"}, "form", ""),
    ({"language": "fi"}, "language", ""),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "field", "sentence"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    visit: Any, world: Any, facts: dict[str, str], field: str, sentence: str
) -> None:
    page = visit(MANAGER).post(f"{CLIENTS}ny/", {**FACTS, **facts})
    assert page.status_code == 422
    assert f'id="id_{field}-error"' in text(page)
    assert sentence in text(page)
    assert "Gatan 1" in text(page)
    assert not clients_called(FACTS["name"])


def test_marks_of_direction_and_nulls_never_reach_the_register(visit: Any, world: Any) -> None:
    visit(MANAGER).post(f"{CLIENTS}ny/", {**FACTS, "name": "Ab\u202egnp.exe AB", "city": "Lu\x00nd\u2066"})
    (made,) = clients_called("Abgnp.exe AB")
    assert made.city == "Lund"


def test_a_changed_name_is_found_and_sorted_by_the_new_one(visit: Any, world: Any) -> None:
    client = client_of(world)
    change(visit(MANAGER), client, name="Zätas Bageri")
    found = again(world, client)
    assert "zätas" in found.search_key
    assert found.sort_key.startswith("z")
    assert "Zätas Bageri" in text(visit(MANAGER).get(f"{CLIENTS}?q=zätas"))


# The main contact of an invited client


def test_another_address_kills_the_old_link_and_sends_a_new_one(visit: Any, world: Any) -> None:
    client, manager = client_of(world), visit(MANAGER)
    press(manager, client, "invite")
    (old,) = links_to("asa@ang.example")
    assert "slutar den gamla länken att gälla" in text(manager.get(f"{CLIENTS}{client.pk}/andra/"))
    page = change(manager, again(world, client), contact_email="Ny@Ang.example")
    assert "En ny är på väg till ny@ang.example." in text(page)
    (new,) = links_to("ny@ang.example")
    assert (Client().get(old).status_code, Client().get(new).status_code) == (410, 200)
    assert again(world, client).consent == "invited"


def test_who_came_in_by_a_wrong_address_goes_out_again_before_anything_is_approved(visit: Any, world: Any) -> None:
    client, manager = client_of(world), visit(MANAGER)
    let_in(tenancy.invite_main_contact(world.manager, client), "Fel Person")
    company = f"/kund/{client.company.slug}/"
    wrong = visit("asa@ang.example")
    assert wrong.get(company).status_code == 200
    change(manager, again(world, client), contact_email="ratt@ang.example")
    assert wrong.get(company).status_code == 404
    assert (
        wrong.post(f"{company}samtycke/demobyran/", {"decision": "approve", "may_represent": "on"}).status_code == 404
    )
    assert again(world, client).main_contact_id is None
    (link,) = links_to("ratt@ang.example")
    assert Client().get(link).status_code == 200


def test_a_main_contact_who_has_changed_address_herself_is_left_alone(visit: Any, world: Any) -> None:
    client, manager = client_of(world), visit(MANAGER)
    member = let_in(tenancy.invite_main_contact(world.manager, client), "Åsa Ång")
    member.user.email = "ny@ang.example"
    member.user.save()
    change(manager, again(world, client), contact_email="ny@ang.example")
    assert visit("ny@ang.example").get(f"/kund/{client.company.slug}/").status_code == 200
    assert links_to("ny@ang.example") == []


def test_an_address_that_hinders_ends_the_invitation_and_says_so(visit: Any, world: Any) -> None:
    client, manager = client_of(world), visit(MANAGER)
    press(manager, client, "invite")
    (old,), before = links_to("asa@ang.example"), links_to(CONSULTANT)
    page = text(change(manager, again(world, client), contact_email=CONSULTANT))
    assert "Åtgärda det som hindrar och bjud sedan in igen." in page
    assert "hör till någon på byrån" in page
    assert Client().get(old).status_code == 410
    assert again(world, client).consent == "expired"
    assert links_to(CONSULTANT) == before


def test_those_who_have_access_keep_it_and_the_firm_is_told(visit: Any, world: Any) -> None:
    client, manager = world.engagements["demokund"], visit(MANAGER)
    assert "De som har tillgång behåller den" in text(manager.get(f"{CLIENTS}{client.pk}/andra/"))
    page = text(change(manager, client, contact_email="ny.agare@demokund.example"))
    assert "Elin Bergqvist har fortfarande tillgång med agare@demokund.example." in page
    assert visit("agare@demokund.example").get("/kund/demokund/arenden/").status_code == 200
    assert links_to("ny.agare@demokund.example") == []


def test_an_invitation_again_kills_the_link_to_an_older_address(visit: Any, world: Any) -> None:
    client = client_of(world)
    tenancy.invite_main_contact(world.manager, client)
    Engagement.objects.visible_to(world.manager).filter(pk=client.pk).update(contact_email="ny@ang.example")
    tenancy.invite_main_contact(world.manager, client)
    (old,), (new,) = links_to("asa@ang.example"), links_to("ny@ang.example")
    assert (Client().get(old).status_code, Client().get(new).status_code) == (410, 200)


def test_the_number_that_has_approved_is_not_changed_into_another(visit: Any, world: Any) -> None:
    client = world.engagements["demokund"]
    page = change(visit(MANAGER), client, number=OTHER)
    assert page.status_code == 422
    assert "Kunden har godkänt med det här numret." in text(page)
    assert again(world, client).number == client.number
    invited = world.engagements["utansamtycke"]
    assert change(visit(MANAGER), invited, number=OTHER).status_code == 200
    assert again(world, invited).number == OTHER


# Ended and taken up again


def test_an_ended_client_is_sent_nothing_new_and_everything_is_read(visit: Any, world: Any) -> None:
    client, manager, owner = world.engagements["demokund"], visit(MANAGER), visit("agare@demokund.example")
    read = [f"/kund/demokund/arenden/{case.ref}/" for case in Case.objects.visible_to(world.owner)]
    draft = write(world, world.manager, "demokund", "question", "Ett utkast", send=False)
    closed = next(case for case in Case.objects.visible_to(world.owner).filter(state="closed", outcome="answered"))
    page = text(press(manager, client, "end"))
    assert "Kunden är avslutad" in page or "avslutades" in page
    assert "Ta upp kunden igen" in page
    assert f"{CLIENTS}../arenden/nytt/?kund" not in page
    with pytest.raises(NotNow, match="inget nytt"):
        actions.open_(world.manager, draft)
    with pytest.raises(Refused):
        actions.send_to_many(world.manager, draft, [client.pk])
    for actor in (world.manager, world.owner):
        with pytest.raises(NotNow, match="inget nytt"):
            actions.reopen(actor, closed, text="igen")
    with pytest.raises(NotNow, match="inget nytt"):
        actions.write_to_firm(world.owner, client, request={"about": "question"}, subject="Hej", message="Hej")
    assert owner.get("/kund/demokund/arenden/nytt/").status_code == 403
    assert "arenden/nytt/" not in text(owner.get("/kund/demokund/arenden/"))
    assert {owner.get(path).status_code for path in read} == {200}
    assert manager.get(f"/byra/demobyran/arenden/{closed.ref}/").status_code == 200
    assert client.name in text(manager.get(f"{CLIENTS}?vy=avslutade"))
    assert f"/kunder/{client.pk}/" not in text(manager.get(f"{CLIENTS}?vy=alla"))


def test_what_the_client_has_got_can_be_finished_after_the_end(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    press(visit(MANAGER), world.engagements["demokund"], "end")
    said = {"a-0a1b2c3d": "En degblandare", "a-1a1b2c3d": "no", "a-2a1b2c3d": "", "a-comment": ""}
    visit("agare@demokund.example").post(f"/kund/demokund/arenden/{case.ref}/skicka-tillbaka/", said)
    case.refresh_from_db()
    assert case.state == "with_firm"
    actions.close(world.manager, case)
    assert case.outcome == "answered"


def test_ending_cancels_what_waits_and_kills_every_invitation(visit: Any, world: Any) -> None:
    client, manager = client_of(world), visit(MANAGER)
    world.engagements["ny"] = client
    case = write(world, world.manager, "ny", "question", "Väntar på er")
    assert case.state == "awaiting_consent"
    (link,) = links_to("asa@ang.example")
    assert "1 ärende som väntar på samtycket makuleras." in text(manager.get(f"{CLIENTS}{client.pk}/"))
    page = text(press(manager, client, "end"))
    assert "1 väntande ärende makulerades." in page
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "cancelled")
    assert Client().get(link).status_code == 410
    assert again(world, client).consent == "expired"
    assert press(manager, client, "invite").status_code == 422


def test_who_was_let_in_and_had_not_answered_cannot_approve_an_ended_client(visit: Any, world: Any) -> None:
    client = world.engagements["utansamtycke"]
    press(visit(MANAGER), client, "end")
    owner = visit("agare@utansamtycke.example")
    page = owner.get("/kund/utansamtycke/samtycke/demobyran/")
    assert (page.status_code, 'value="approve"' in text(page)) == (200, False)
    owner.post("/kund/utansamtycke/samtycke/demobyran/", {"decision": "approve", "may_represent": "on", "text": "x"})
    assert again(world, client).consent == "expired"
    colleague = Invitation.objects.visible_to(world.manager).filter(engagement=client, state="pending")
    assert not colleague.exists()


def test_an_ended_client_is_taken_up_again_as_it_was(visit: Any, world: Any) -> None:
    client, manager = world.engagements["demokund"], visit(MANAGER)
    press(manager, client, "end")
    assert press(manager, client, "end").status_code == 422
    page = press(manager, client, "take_up")
    assert "Kunden är tillbaka" in text(page)
    assert press(manager, client, "take_up").status_code == 422
    assert write(world, world.manager, "demokund", "question", "Igen").state == "with_client"
    assert "arenden/nytt/" in text(visit("agare@demokund.example").get("/kund/demokund/arenden/"))


def test_what_is_kept_from_the_day_a_client_ended_has_no_day_once_it_is_back(visit: Any, world: Any) -> None:
    client, manager = world.engagements["demokund"], visit(MANAGER)
    files = Attachment.objects.visible_to(world.manager).filter(engagement=client)
    file = files.first()
    files.filter(pk=file.pk).update(retention_class="due_diligence", keep_until=None)
    press(manager, client, "end")
    after_the_client_ended()
    file.refresh_from_db()
    assert file.keep_until is not None
    press(manager, client, "take_up")
    file.refresh_from_db()
    assert file.keep_until is None


def test_a_taken_up_client_whose_invitation_died_is_invited_anew(visit: Any, world: Any) -> None:
    client, manager = client_of(world), visit(MANAGER)
    for do in ("invite", "end", "take_up", "invite"):
        assert press(manager, client, do).status_code == 200
    old, new = links_to("asa@ang.example")
    assert (Client().get(old).status_code, Client().get(new).status_code) == (410, 200)
    steps = Consent.objects.visible_to(world.manager).filter(engagement=client).order_by("seq")
    assert list(steps.values_list("step", flat=True)) == ["invited", "expired", "invited"]


# Deleted


def test_a_client_nothing_has_been_sent_to_is_deleted_with_all_that_names_it(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    imported(manager, csv_of(["orgnr", "namn"], [NUMBER, FACTS["name"]]))
    (client,) = clients_called(FACTS["name"])
    rows = checked(manager, csv_of(["orgnr", "namn", "ort"], [NUMBER, FACTS["name"], "Lund"], [OTHER, "Ny AB", "Lund"]))
    tenancy.set_people(
        world.manager, client, responsible=world.manager.membership, participants=[world.consultant.membership]
    )
    page = press(manager, client, "delete")
    assert "Kunden är borttagen" in text(page)
    assert not clients_called(FACTS["name"])
    connection.check_constraints()
    manager.post(f"{CLIENTS}import/{rows[2].run_id}/", {"do": "apply"})
    assert [one.city for one in clients_called("Ny AB")] == ["Lund"]
    assert not clients_called(FACTS["name"])
    assert manager.get(f"{CLIENTS}{client.pk}/").status_code == 404


def test_a_draft_with_its_files_goes_with_the_client(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    client = client_of(world)
    world.engagements["ny"] = client
    draft = write(world, world.manager, "ny", "question", "Ett utkast", send=False, file="bilaga.pdf")
    address = f"/byra/demobyran/arenden/{draft.ref}/"
    manager.get(address, follow=True)
    file = Attachment.objects.visible_to(world.manager).get(case=draft)
    assert b"".join(manager.get(f"{address}fil/{file.pk}/").streaming_content).startswith(b"%PDF")
    for verb in ("anteckning", "meddelande"):
        manager.post(f"{address}gor/{verb}/", {"text": "Halvfärdigt"})
    assert "1 utkast slängs." in text(manager.get(f"{CLIENTS}{client.pk}/"))
    assert press(manager, client, "delete").status_code == 200
    connection.check_constraints()
    assert not Case.objects.visible_to(world.manager).filter(pk=draft.pk).exists()
    assert not clients_called(FACTS["name"])


def test_a_draft_that_was_moved_to_another_client_stays_when_the_first_is_deleted(visit: Any, world: Any) -> None:
    client = client_of(world)
    world.engagements["ny"] = client
    draft = write(world, world.manager, "ny", "question", "Ett utkast", send=False, file="bilaga.pdf")
    moved = {"engagement": world.engagements["annankund"], "kind": "question", "subject": "Flyttat"}
    actions.save_draft_case(world.manager, draft, **moved)
    assert press(visit(MANAGER), client, "delete").status_code == 200
    connection.check_constraints()
    assert Attachment.objects.visible_to(world.manager).filter(case=draft).count() == 1


def test_a_draft_to_several_goes_on_without_a_client_that_is_deleted(visit: Any, world: Any) -> None:
    manager, client = visit(MANAGER), client_of(world)
    draft = write(world, world.manager, "demokund", "question", "Till flera", send=False)
    batch = actions.send_to_many(world.manager, draft, [client.pk, world.engagements["annankund"].pk])
    assert press(manager, client, "delete").status_code == 200
    jobs.send_copies(str(batch.pk))
    sent = Case.objects.visible_to(world.manager).filter(subject="Till flera").exclude(pk=draft.pk)
    assert [case.engagement_id for case in sent] == [world.engagements["annankund"].pk]
    assert not SendBatch.objects.visible_to(world.manager).filter(finished_at=None).exists()


def test_a_client_whose_draft_is_on_its_way_to_several_is_not_deleted_meanwhile(visit: Any, world: Any) -> None:
    client = client_of(world)
    world.engagements["ny"] = client
    draft = write(world, world.manager, "ny", "question", "Till flera", send=False)
    batch = actions.send_to_many(world.manager, draft, [client.pk, world.engagements["annankund"].pk])
    page = press(visit(MANAGER), client, "delete")
    assert (page.status_code, "skickas till flera just nu" in text(page)) == (422, True)
    jobs.send_copies(str(batch.pk))
    assert Case.objects.visible_to(world.manager).filter(subject="Till flera").count() == 2


@pytest.mark.parametrize("slug", ["demokund", "utansamtycke"])
def test_a_client_that_something_has_been_sent_to_is_never_deleted(visit: Any, world: Any, slug: str) -> None:
    client, manager = world.engagements[slug], visit(MANAGER)
    assert 'value="delete"' not in text(manager.get(f"{CLIENTS}{client.pk}/"))
    page = press(manager, client, "delete")
    assert (page.status_code, "går att avsluta men inte att ta bort" in text(page)) == (422, True)
    assert again(world, client)


# Every key to a client, and why none of them is left hanging when a client is deleted.
KEYS = {
    "Case.engagement": "a draft is discarded, anything else refuses",
    "Event.engagement": "is of a case that has been sent, which refuses",
    "Draft.engagement": "is of somebody at the client, who came by an invitation, which refuses",
    "Attachment.engagement": "is in a draft that is discarded, or of somebody who came by an invitation, which refuses",
    "Membership.engagement": "came by an invitation, which refuses",
    "Invitation.engagement": "is written in the consent history, which refuses",
    "Consent.engagement": "is the consent history, which refuses",
    "Appointment.engagement": "is of a client that has approved, which refuses",
    "SecurityLog.engagement": "tells of an invitation or of a copy of what was sent, which refuse",
    "Participant.engagement": "goes with the client",
    "StagedRow.engagement": "goes with the client",
    "InviteRow.engagement": "goes with the client",
    "Engagement.merged_into": "a client that another was merged into refuses",
}


def test_every_key_to_a_client_is_known_to_the_one_who_deletes() -> None:
    found = {
        f"{model.__name__}.{field.name}"
        for model in tenant_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is Engagement
    }
    assert found == set(KEYS)


def test_a_client_that_another_was_merged_into_is_not_deleted(visit: Any, world: Any) -> None:
    client, other = client_of(world), client_of(world, number=OTHER)
    Engagement.objects.visible_to(world.manager).filter(pk=other.pk).update(merged_into=client)
    assert press(visit(MANAGER), client, "delete").status_code == 422


def test_a_consultant_does_with_the_own_clients_and_no_others(visit: Any, world: Any) -> None:
    amira, client = visit("egna@demobyran.example"), client_of(world)
    for do in ("end", "take_up", "delete"):
        assert press(amira, client, do).status_code == 404
    mine = tenancy.add_client(world.staff("egna@demobyran.example"), name="Amiras AB", fiscal_year_ends=12)
    for do in ("end", "take_up", "delete"):
        assert press(amira, mine, do).status_code == 200
    assert not clients_called("Amiras AB")


# Found


SEARCHES = ["åsas", "ÅSAS", "sas ång", "ngbag", "ångBAGERI ab", NUMBER, f"{NUMBER[:6]}-{NUMBER[6:]}",
            NUMBER[2:7], "k-7", "A\u030asas"]  # fmt: skip


@pytest.mark.parametrize("words", SEARCHES)
def test_a_client_is_found_by_parts_of_words_whatever_their_case(visit: Any, world: Any, words: str) -> None:
    client = client_of(world)
    assert f"{CLIENTS}{client.pk}/" in text(visit(MANAGER).get(f"{CLIENTS}?q={quote(words)}"))


@pytest.mark.parametrize("words", ["asas", "angbageri", "%", "_", "åsas lund", "x" * 300, "\x00", "' OR 1=1 --"])
def test_what_is_not_in_the_name_or_the_number_finds_nothing(visit: Any, world: Any, words: str) -> None:
    client = client_of(world)
    page = visit(MANAGER).get(f"{CLIENTS}?q={quote(words)}")
    assert page.status_code == 200
    assert (f"{CLIENTS}{client.pk}/" in text(page)) == (words == "\x00")


def test_a_persons_number_finds_nobody(visit: Any, world: Any) -> None:
    client = client_of(world, number="197001019806", form="sole")
    for words in ("197001019806", "19700101-9806", "9806"):
        assert f"{CLIENTS}{client.pk}/" not in text(visit(MANAGER).get(f"{CLIENTS}?q={words}"))


@pytest.mark.parametrize("cursor", ["x", "WyJhIiwgIngiXQ", "WzEsIDJd", "W251bGwsIG51bGxd", "WyJcdTAwMDAiLCAieCJd"])
def test_a_page_of_clients_asked_for_in_another_way_begins_anew(visit: Any, world: Any, cursor: str) -> None:
    assert visit(MANAGER).get(f"{CLIENTS}?efter={cursor}").status_code == 200


def test_sorting_is_swedish_and_every_client_is_on_some_page(visit: Any, world: Any) -> None:
    for n in range(60):
        tenancy.add_client(world.manager, name=f"{'ZÅÄÖAÉ'[n % 6]}kund {n:02d}", fiscal_year_ends=12)
    manager, path, seen = visit(MANAGER), CLIENTS, []
    while path:
        page = text(manager.get(path))
        seen += re.findall(r"<b>([^<]+kund \d\d)</b>", page)
        more = re.search(r'href="(\?[^"]*efter=[^"]+)"', page.split("</table>")[-1])
        path = CLIENTS + more[1].replace("&amp;", "&") if more and more[1] not in path.replace("&", "&amp;") else ""
    assert len(seen) == len(set(seen)) == 60
    letters_seen = [name[0] for name in seen]
    assert [letters_seen.index(one) for one in "AZÅÄÖ"] == sorted(letters_seen.index(one) for one in "AZÅÄÖ")


# What an address tells


def test_the_address_of_a_client_does_not_tell_whether_another_firm_has_one_of_its_name(world: Any) -> None:
    """Alone, second, with a name that is an address of ours, or with no letter in it: they look the same."""
    names = ["Ensam i Sverige AB", "Ensam i Sverige AB", "Demokund", "Konto"]
    firms = [world.staff("konsult@rivalbyran.example", "rivalbyran"), world.manager, world.manager, world.manager]
    found = [tenancy.add_client(actor, name=name).company.slug for actor, name in zip(firms, names, strict=True)]
    shapes = ["ensam-i-sverige-ab", "ensam-i-sverige-ab", "demokund", "konto"]
    for slug, shape in zip(found, shapes, strict=True):
        assert re.fullmatch(f"{shape}-[a-z2-7]{{5}}", slug)
    assert len(set(found)) == 4
    assert re.fullmatch("k[0-9a-f]{12}", tenancy.add_client(world.manager, name="株式会社").company.slug)
    longest = tenancy.add_client(world.manager, name="Åkeri " * 20).company.slug
    assert len(longest) <= 50
