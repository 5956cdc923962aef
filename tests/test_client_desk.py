"""The client's desk says what is so: whose turn it is, how many there are, whom to ask, and since when."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail

from samsyn.cases import actions
from samsyn.cases.basis import basis_digest
from samsyn.cases.models import Case
from samsyn.demo.world import answer, write
from samsyn.kit import letters
from samsyn.notices import jobs
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Consent, Engagement, Membership, User
from tests.pressing import soup

MANAGER = "ansvarig@demobyran.example"
OWNER, MEMBER, READER = "agare@demokund.example", "medarbetare@demokund.example", "lasare@demokund.example"


def shown(person: Any, path: str) -> str:
    """The text of a page, with one space between words."""
    body = re.sub(r"<[^>]+>", " ", person.get(path).content.decode())
    return " ".join(body.replace("\u00a0", " ").split())


def count_at(person: Any, path: str, group: str) -> str:
    found = re.search(rf'<h2 id="{group}">[^<]*</h2><span class="count">([^<]*)<', person.get(path).content.decode())
    return found[1] if found else ""


def badge(person: Any, company: str = "demokund") -> int:
    found = re.search(r'class="badge">(\d+)', person.get(f"/kund/{company}/flikar/").content.decode())
    return int(found[1]) if found else 0


def path_of(case: Case, company: str = "demokund") -> str:
    return f"/kund/{company}/arenden/{case.ref}/"


def one_about(world: Any, words: str) -> Case:
    """The case whose subject begins so."""
    found: Case = next(case for subject, case in world.cases.items() if subject.startswith(words))
    return found


# The banner of a consent that was withdrawn


def test_the_banner_says_since_when_and_by_whom_the_consent_was_withdrawn(visit: Any, world: Any) -> None:
    actions.withdraw_consent(world.owner, world.engagements["demokund"])
    case = world.cases["Vad gällde inköpet den 9 december?"]
    for page in (path_of(case), "/kund/demokund/", "/kund/demokund/arenden/", "/kund/demokund/samtycke/demobyran/"):
        text = shown(visit(OWNER), page)
        assert "återkallades den" in text, page
        assert "av Elin Bergqvist, Bageri Morgonglöd AB." in text, page


def test_an_invitation_anew_does_not_become_the_day_of_the_withdrawal(visit: Any, world: Any) -> None:
    engagement = world.engagements["demokund"]
    actions.withdraw_consent(world.manager, engagement)
    Engagement.objects.unscoped(why="it was a while ago").filter(pk=engagement.pk).update(
        withdrawn_at=dt.datetime(2026, 1, 14, 23, 30, tzinfo=dt.UTC)
    )
    engagement.refresh_from_db()
    tenancy.invite_main_contact(world.manager, engagement)
    text = shown(visit(OWNER), path_of(world.cases["Löner för januari"]))
    # 23:30 UTC is the next day in Sweden.
    assert "återkallades den 15 januari 2026 av Maria Sundfalk, Fyrklang Redovisning AB." in text
    assert "har bjudit in er igen. Läs och svara" in text


def test_a_client_that_is_only_invited_or_has_approved_again_reads_of_no_withdrawal(visit: Any, world: Any) -> None:
    assert "återkallades" not in shown(visit("agare@utansamtycke.example"), "/kund/utansamtycke/")
    engagement = world.engagements["demokund"]
    actions.withdraw_consent(world.owner, engagement)
    tenancy.invite_main_contact(world.manager, engagement)
    newest = Consent.objects.unscoped(why="the text that was read").filter(engagement=engagement).latest("seq")
    actions.approve_consent(world.owner, engagement, text_sha256=newest.text_sha256)
    case = world.cases["Kontoutdrag för oktober"]
    for page in (path_of(case), "/kund/demokund/", "/kund/demokund/arenden/"):
        assert "Samtycket återkallades" not in shown(visit(OWNER), page)


# Whom to ask


def footer(person: Any, path: str) -> str:
    return person.get(path).content.decode().rpartition('<footer class="near">')[2].partition("</footer>")[0]


def test_a_company_with_two_firms_finds_both_below_its_pages_and_each_below_its_own_cases(
    visit: Any, world: Any
) -> None:
    owner = visit("agare@delad.example")
    both = footer(owner, "/kund/delad/arenden/")
    assert "Fyrklang Redovisning AB" in both
    assert "Rival Ekonomi AB" in both
    for subject, own, other in (
        ("Körjournal för kvartal 4", "Fyrklang Redovisning AB", "Rival Ekonomi AB"),
        ("Fråga från en annan byrå", "Rival Ekonomi AB", "Fyrklang Redovisning AB"),
    ):
        near = footer(owner, path_of(world.cases[subject], "delad"))
        assert own in near
        assert other not in near
    assert "Fyrklang" not in footer(owner, "/kund/delad/arenden/nytt/?firm=rivalbyran")


# Whose turn, and how many


def test_a_case_that_asks_a_colleague_is_not_said_to_wait_for_the_reader(visit: Any, world: Any) -> None:
    case = world.cases["Vad gällde inköpet den 9 december?"]
    for email, own in ((MEMBER, 1), (READER, 0)):  # the member's own case to the firm has come back with a reply
        person = visit(email)
        assert badge(person) == own
        text = shown(person, path_of(case))
        assert "Väntar på en kollega" in text
        assert "Väntar på dig" not in text
        assert count_at(person, "/kund/demokund/arenden/", "g-yours") == (str(own) if own else "")
        assert int(count_at(person, "/kund/demokund/arenden/", "g-ours")) > 0
    assert "Endast läsning" in shown(visit(READER), path_of(case))


def test_one_who_has_given_the_first_of_two_approvals_is_not_asked_again(visit: Any, world: Any) -> None:
    request = {"what": "Lönerna", "amount": None, "pay_on": None, "needed": "two", "named": []}
    case = write(world, world.manager, "demokund", "approval", "Två tillsammans", request=request)
    owner = visit(OWNER)
    before = badge(owner)
    actions.approve(world.owner, case, digest=basis_digest(case))
    assert badge(owner) == before - 1
    assert "Väntar på en kollega" in shown(owner, path_of(case))
    actions.amend(world.manager, case, request={**request, "what": "Nya löner"}, subject=case.subject, message="")
    assert badge(owner) == before


@pytest.mark.slow
def test_a_badge_stops_counting_where_nobody_reads_the_figure(visit: Any, world: Any) -> None:
    one = world.cases["Kontoutdrag för november"]
    for state in ("with_client", "with_firm"):
        Case.objects.bulk_create(
            Case(firm=world.firm, engagement=one.engagement, kind="question", request={"questions": []}, state=state,
                 released_at=one.released_at, client_changed_at=one.released_at, firm_changed_at=one.released_at,
                 responsible=world.manager.membership)
            for _n in range(1_000)
        )  # fmt: skip
    owner, manager = visit(OWNER), visit("ansvarig@demobyran.example")
    for person, path in ((owner, "/kund/demokund/"), (manager, "/byra/demobyran/")):
        assert 'class="badge">999+<' in person.get(path).content.decode()
    assert count_at(owner, "/kund/demokund/arenden/", "g-yours") == "999+"


def test_a_heading_counts_what_there_is_and_not_what_is_shown(visit: Any, world: Any) -> None:
    for n in range(25):
        write(world, world.manager, "demokund", "question", f"Fråga {n}")
    for n in range(8):
        case = write(world, world.manager, "demokund", "question", f"Svarad {n}")
        answer(world.owner, case)
    owner = visit(OWNER)
    for page in ("/kund/demokund/", "/kund/demokund/arenden/"):
        assert int(count_at(owner, page, "g-yours")) == badge(owner) > 25
    assert count_at(owner, "/kund/demokund/arenden/", "g-firm") == "6+"
    assert "Fler än 6 ärenden är hos byrån." in shown(owner, "/kund/demokund/")
    page = owner.get("/kund/demokund/arenden/").content.decode()
    assert page.count('href="/kund/demokund/arenden/avslutade/?visa=hos-dig"') == 1
    assert page.count('href="/kund/demokund/arenden/avslutade/?visa=hos-byran"') == 1


def test_the_start_page_shows_what_is_late_first_and_leads_to_what_it_leaves_out(visit: Any, world: Any) -> None:
    late = world.cases["Kvitton som saknas för december"]
    for n in range(25):
        write(world, world.manager, "demokund", "question", f"Fråga {n}")
    group = soup(visit(OWNER).get("/kund/demokund/")).select_one("[aria-labelledby=g-yours]")
    cards = group.select(".card a")
    assert len(cards) == 6
    assert cards[0]["href"] == path_of(late)
    assert group.select_one(".group-more a")["href"] == "/kund/demokund/arenden/"


def test_while_the_agreement_waits_the_start_page_contradicts_neither_itself_nor_its_button(
    visit: Any, world: Any
) -> None:
    ulla = visit("agare@utansamtycke.example")
    text = shown(ulla, "/kund/utansamtycke/")
    assert "Hej Ulla, byrån har bjudit in er" in text
    for words in ("lugnt", "Du behöver inte aktivera något", "Byrån har inte skickat något ärende än"):
        assert words not in text
    Case.objects.unscoped(why="now nothing waits").filter(state="awaiting_consent").update(state="draft")
    assert "Byrån har inte skickat något ärende än" in shown(ulla, "/kund/utansamtycke/")


def test_the_limit_of_a_file_is_said_before_one_is_chosen(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    for subject in (
        "Vad gällde inköpet den 9 december?",
        "Kvitton som saknas för december",
        "Nya regler för personalliggare",
        "Vi byter kassasystem i mars",
        "Semesterstängt i juli",  # may be opened again
    ):
        page = soup(owner.get(path_of(world.cases[subject])))
        forms = page.select("form:has(input[type=file])")
        assert forms, subject
        for form in forms:
            assert "högst 25" in form.get_text(), (subject, form.get("id"))
        for answering in page.select("#answer"):
            assert answering.select("input[capture]"), f"{subject}: a photo can be taken wherever a file is chosen"
    assert "högst 25 MB" in shown(owner, "/kund/demokund/arenden/nytt/")


def test_what_was_known_and_what_was_answered_stand_in_one_list(visit: Any, world: Any) -> None:
    case = one_about(world, "Varulager")
    for person, path in ((visit(OWNER), path_of(case)), (visit(MANAGER), f"/byra/demobyran/arenden/{case.ref}/")):
        row = soup(person.get(path)).select_one(".wanted-row")
        assert len(row.select("dl")) == 1
        assert len(row.select("dl > dt")) == 2
        assert not row.select(":scope > p")


@pytest.mark.parametrize("subject", ["Insättningen", "Nya rutiner för dagskassan"])
def test_what_the_client_wrote_beside_its_answer_is_read_once_on_each_side(
    visit: Any, world: Any, subject: str
) -> None:
    case = one_about(world, subject)
    for person, path in ((visit(OWNER), path_of(case)), (visit(MANAGER), f"/byra/demobyran/arenden/{case.ref}/")):
        assert shown(person, path).count(case.answer["comment"]) == 1, path


def test_a_case_that_was_searched_for_says_its_number_and_that_it_is_late(visit: Any, world: Any) -> None:
    case = world.cases["Kvitton som saknas för december"]
    text = shown(visit(OWNER), "/kund/demokund/arenden/?q=kvitton+saknas")
    assert f"Nr {case.number} Väntar på dig 1 dag försenat" in text


def test_a_reader_is_told_why_nothing_can_be_answered_or_written(visit: Any, world: Any) -> None:
    reader = visit(READER)
    assert "Du kan läsa men inte svara." in shown(reader, "/kund/demokund/arenden/")
    assert "Du kan läsa men inte svara." not in shown(visit(MEMBER), "/kund/demokund/arenden/")
    refusal = reader.get("/kund/demokund/arenden/nytt/")
    assert refusal.status_code == 403
    assert "Du har läsbehörighet" in soup(refusal).select_one("main").text
    assert soup(refusal).select("header.top"), "still at home"
    assert reader.post("/kund/demokund/arenden/nytt/", {"l-subject": "Hej"}).status_code == 403
    actions.withdraw_consent(world.owner, world.engagements["demokund"])
    refusal = visit(MEMBER).get("/kund/demokund/arenden/nytt/")
    assert refusal.status_code == 403
    assert "Det finns inget gällande samtycke" in soup(refusal).select_one("main").text


def test_a_closed_case_that_stays_closed_says_where_to_write_instead(visit: Any, world: Any) -> None:
    old, new = (world.cases[one] for one in ("Kontoutdrag för oktober", "Semesterstängt i juli"))
    page = soup(visit(OWNER).get(path_of(old))).select_one("main")
    assert "Ärendet går inte att öppna igen." in page.text
    assert page.select_one('a[href="/kund/demokund/arenden/nytt/"]')
    for person, case in ((visit(OWNER), new), (visit(READER), old)):
        assert "går inte att öppna igen" not in shown(person, path_of(case))


def test_who_must_approve_is_said_until_somebody_has(visit: Any, world: Any) -> None:
    owner, enough = visit(OWNER), "Det räcker att en godkänner"
    assert enough in shown(owner, path_of(world.cases["Löner för januari"]))
    for subject in ("Löner för december", "Utlägg för mässan"):
        assert enough not in shown(owner, path_of(one_about(world, subject)))


def test_the_day_to_answer_by_has_one_name_whoever_has_the_case(visit: Any, world: Any) -> None:
    for subject in ("Kvitton som saknas för december", "Kontoutdrag för november", "Kontoutdrag för oktober"):
        text = shown(visit(OWNER), path_of(world.cases[subject]))
        assert "Svara senast" in text, subject
        assert "Förfallodag" not in text, subject


def test_the_history_of_a_consent_says_who_did_what(visit: Any, world: Any) -> None:
    text = shown(visit(OWNER), "/kund/demokund/samtycke/demobyran/")
    assert "Elin Bergqvist godkände samtycket." in text
    assert "Maria Sundfalk skickade inbjudan." in text


def test_what_the_firm_wrote_last_stands_above_the_answer(visit: Any, world: Any) -> None:
    page = visit(OWNER).get(path_of(world.cases["Vi byter kassasystem i mars"])).content.decode()
    assert page.index("Skicka gärna avtalet") < page.index('name="a-comment"')


def test_where_nothing_is_closed_the_page_says_what_will_be_there(visit: Any, world: Any) -> None:
    assert "Inget ärende är avslutat än" in shown(
        visit("agare@annankund.example"), "/kund/annankund/arenden/avslutade/"
    )


def test_a_bar_at_the_bottom_edge_never_covers_another(visit: Any, world: Any) -> None:
    owner = visit(OWNER)
    for page in ("/kund/demokund/arenden/nytt/", path_of(world.cases["Vad gällde inköpet den 9 december?"])):
        assert 'class="tabs wide-only"' in owner.get(page).content.decode()
    assert 'class="tabs"' in owner.get("/kund/demokund/arenden/").content.decode()


# Outside the desks


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_wrong_method_gets_a_page_with_a_sentence(visit: Any, world: Any, language: str) -> None:
    User.objects.filter(email=OWNER).update(language=language)
    reply = visit(OWNER).post("/kund/demokund/arenden/")
    assert reply.status_code == 405
    assert reply.headers["Allow"] == "GET"
    assert {"sv": "Inget har hänt.", "en": "Nothing has happened."}[language] in reply.content.decode()


def test_keys_are_offered_only_to_those_who_have_a_page_with_keys(visit: Any, world: Any) -> None:
    assert "Kortkommandon" not in shown(visit(OWNER), "/konto/")
    assert "Kortkommandon" in shown(visit("konsult@demobyran.example"), "/konto/")


def test_somebody_signed_in_is_not_offered_a_language_that_would_not_be_taken(
    visit: Any, world: Any, client: Any
) -> None:
    assert "In English" not in shown(visit(OWNER), "/finns-inte/")
    assert "In English" in shown(client, "/konto/logga-in/")


# Letters


def test_the_letter_of_a_new_case_says_whom_it_is_from_and_what_to_do(world: Any) -> None:
    mail.outbox.clear()
    jobs.sweep()
    letters.sweep()
    case = write(world, world.manager, "demokund", "question", "Fråga om hyran i mars")
    jobs.sweep()
    letters.sweep()
    letter = next(one for one in mail.outbox if case.ref in str(one.body) and one.to == [OWNER])
    assert letter.subject == "Nytt ärende från Fyrklang Redovisning AB"
    html = str(letter.alternatives[0][0])
    assert "Ett nytt ärende väntar på dig" in html
    assert "Logga in så ser du vad det gäller." in html


def test_an_invitation_can_be_read_as_sentences(world: Any) -> None:
    mail.outbox.clear()
    tenancy.add_colleague(
        world.owner, world.engagements["demokund"], name="Nils Ny", email="nils@ny.example", role="member"
    )
    letters.sweep()
    letter = next(one for one in mail.outbox if one.to == ["nils@ny.example"])
    html = " ".join(str(letter.alternatives[0][0]).replace("\u00a0", " ").split())
    assert "Inbjudan kommer från Elin Bergqvist. Har du frågor? Ring Fyrklang Redovisning AB på 08-555 010 20." in html


@pytest.mark.parametrize("gone", [{"ended_at": "2026-01-02T10:00:00Z"}, {"user__is_active": False}])
def test_nobody_is_pointed_to_who_is_not_there_any_more(visit: Any, world: Any, gone: dict[str, Any]) -> None:
    """Of a consultant who has left, or whose login is locked, no page gives the address and no list the name."""
    case = write(world, world.consultant, "demokund", "question", "Från Jonas")
    world.engagements["demokund"].responsible = world.consultant.membership
    world.engagements["demokund"].save()
    pages = ("/kund/demokund/", f"/kund/demokund/arenden/{case.ref}/", "/kund/demokund/arenden/")
    owner, manager = visit(OWNER), visit("ansvarig@demobyran.example")
    client = f"/byra/demobyran/kunder/{world.engagements['demokund'].pk}/"
    here = f"/byra/demobyran/arenden/{case.ref}/"
    new = f"/byra/demobyran/arenden/nytt/?typ=question&kund={world.engagements['demokund'].pk}"
    lists = ("/byra/demobyran/arenden/", client, here, new)
    jonas = str(world.consultant.membership.pk)
    option = f'value="{jonas}"'
    assert all("konsult@demobyran.example" in owner.get(path).content.decode() for path in pages)
    assert all(option in manager.get(path).content.decode() for path in lists)
    if "ended_at" in gone:
        Membership.objects.visible_to(world.manager).filter(pk=jonas).update(**gone)
    else:
        User.objects.filter(email="konsult@demobyran.example").update(is_active=False)
    for path in pages:
        shown = owner.get(path).content.decode()
        assert "konsult@demobyran.example" not in shown, path
        assert "Fyrklang Redovisning AB" in shown, path
    for path in lists:
        assert option not in manager.get(path).content.decode(), path
    told = manager.post(f"{here}gor/ansvarig/", {"responsible": jonas})
    assert "Välj vem som ska vara ansvarig." in told.content.decode()
