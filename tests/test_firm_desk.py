"""The firm's desk and its table of cases: what is shown, narrowed, done in bulk, and said when there is nothing."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.utils import timezone

from samsyn.cases import actions as cases
from samsyn.cases.models import Case, Event, SendBatch
from samsyn.demo.world import answer, write
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.models import Membership

pytestmark = pytest.mark.django_db
MANAGER, DESK = "ansvarig@demobyran.example", "/byra/demobyran/"


def page(person: Any, address: str, **how: Any) -> str:
    return str(person.get(address, **how).content.decode())


def row_of(table: str, subject: str) -> str:
    return next(row for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL) if subject in row)


def test_a_draft_is_not_unread_to_anybody(visit: Any, world: Any) -> None:
    table = page(visit(MANAGER), f"{DESK}arenden/?vy=utkast")
    assert "data-unread" not in row_of(table, "Fråga om leasingavtalet")
    assert "Fråga om leasingavtalet" not in page(visit(MANAGER), f"{DESK}arenden/?vy=alla&olast=1")


def test_each_filter_narrows_and_can_be_taken_away_alone(visit: Any, world: Any) -> None:
    firm, client = visit(MANAGER), world.engagements["annankund"].pk
    table = page(firm, f"{DESK}arenden/?vy=alla&typ=question&kund={client}")
    assert "Vad är fakturan från november?" in table
    assert "Vad gällde inköpet" not in table
    assert "Kund: Kafé Humlebo HB" in table
    without = re.findall(r'class="filter" data-on href="(.*?)"', table)
    assert [("kund=" in one, "typ=" in one) for one in without] == [(False, True), (True, False)]


@pytest.mark.parametrize(
    ("due", "late", "later"), [("idag", True, False), ("vecka", True, False), ("utan", False, False)]
)
def test_the_table_is_narrowed_by_when_the_answer_is_due(
    visit: Any, world: Any, due: str, late: bool, later: bool
) -> None:
    table = page(visit(MANAGER), f"{DESK}arenden/?vy=oppna&svar={due}")
    assert ("Kvitton som saknas för december" in table) is late
    assert ("Uppgifter till årsredovisningen" in table) is later
    assert ("Nya regler för personalliggare" in table) is (due == "utan")


@pytest.mark.parametrize("nonsense", ["typ=x", "kund=x", "ansvarig=%00", "svar=x", "efter=x"])
def test_nonsense_in_a_filter_is_as_if_it_were_not_there(visit: Any, world: Any, nonsense: str) -> None:
    assert "Löner för januari" in page(visit(MANAGER), f"{DESK}arenden/?{nonsense}")


def test_a_refused_bulk_change_keeps_the_ticks_and_what_was_typed(visit: Any, world: Any) -> None:
    case = world.cases["Löner för januari"]
    answer = visit(MANAGER).post(f"{DESK}arenden/", {"ref": case.ref, "do": "date", "due_on": "2026-01-17"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "är en lördag. Välj en arbetsdag" in shown
    assert f'value="{case.ref}" checked' in shown
    assert 'value="2026-01-17"' in shown


def test_enter_in_the_bar_of_the_table_reminds_nobody(visit: Any, world: Any) -> None:
    """Without JavaScript a browser presses the first button of the form, whatever field one stands in."""
    firm = visit(MANAGER)
    first = re.findall(r'<button[^>]*name="do" value="(.*?)"', page(firm, f"{DESK}arenden/"))[0]
    assert first == ""
    ref = world.cases["Löner för januari"].ref
    assert firm.post(f"{DESK}arenden/", {"ref": ref, "do": first}).status_code == 422


def test_what_could_not_be_done_in_bulk_stays_on_the_page_and_the_rest_is_done(visit: Any, world: Any) -> None:
    refs = [world.cases[name].ref for name in ("Löner för januari", "Löner för december")]
    shown = visit(MANAGER).post(f"{DESK}arenden/", {"ref": refs, "do": "remind"}, follow=True).content.decode()
    assert "1 påminnelse är på väg" in shown.partition('class="toasts"')[2]
    assert "Löner för december: Ärendet har gått vidare" in shown.partition('class="toasts"')[0]


def test_a_draft_gets_another_date_and_responsible_in_bulk_and_loses_nothing_kept_beside_it(
    visit: Any, world: Any
) -> None:
    firm, two = visit(MANAGER), [str(world.engagements[one].pk) for one in ("demokund", "delad")]
    draft = write(world, world.manager, "demokund", "question", "Utkast", send=False)
    edit = f"{DESK}arenden/{draft.ref}/andra/"
    form = page(firm, edit)
    version = re.findall(r'name="version" value="(.*?)"', form)[0]
    typed = {"subject": "x" * 130, "due_on": "2026-02-30", "kund": two, "once": "p", "version": version, "do": "save"}
    firm.post(edit, typed)
    colleague = Membership.objects.visible_to(world.manager).get(user__email="konsult@demobyran.example")
    for change in ({"do": "date", "due_on": "2026-03-02"}, {"do": "responsible", "responsible": str(colleague.pk)}):
        for _press in range(2):
            told = firm.post(f"{DESK}arenden/", {"ref": draft.ref, "once": "b", **change}, follow=True)
            assert "Utkast: " not in told.content.decode()
    draft.refresh_from_db()
    assert (str(draft.due_on), draft.responsible_id) == ("2026-03-02", colleague.pk)
    shown = page(firm, edit)
    assert "x" * 130 in shown
    assert 'value="2026-03-02"' in shown
    assert re.findall(r'name="kund" value="(.*?)"', shown) == two


@pytest.mark.parametrize(
    ("asked", "said", "way_out"),
    [
        ("?q=zzz", "Inget öppet ärende passar ”zzz”", "Sök bland alla ärenden"),
        ("?q=zzz&vy=forsenade", "Inget ärende här passar ”zzz”", "Sök bland alla ärenden"),
        ("?q=zzz&vy=alla", "Inget ärende här passar ”zzz”", "Rensa sökningen"),
    ],
)
def test_a_word_that_finds_nothing_is_no_filter_and_has_one_way_out(
    visit: Any, world: Any, asked: str, said: str, way_out: str
) -> None:
    shown = page(visit(MANAGER), f"{DESK}arenden/{asked}")
    assert said in shown
    assert "filter är på" not in shown
    assert re.findall(r'<a class="button"[^>]*>(?:<svg.*?</svg>)?(Sök|Rensa)', shown) == [way_out.split()[0]]


def test_what_no_draft_can_have_is_said_truly(visit: Any, world: Any) -> None:
    firm = visit(MANAGER)
    question = write(world, world.manager, "demokund", "question", "Oskickad", send=False)
    news = {"must_confirm": False}
    to_read = write(world, world.manager, "demokund", "information", "Att läsa", send=False, request=news)
    for case, posted, words in (
        (question, {"do": "remind"}, "Ärendet är inte skickat till kunden än"),
        (to_read, {"do": "date", "due_on": "2026-03-02"}, "Här efterfrågas inget"),
    ):
        assert words in firm.post(f"{DESK}arenden/", {"ref": case.ref, **posted}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("posted", "verb"), [({"do": "remind"}, "remind"), ({"do": "date", "due_on": "2026-03-02"}, "change_due")]
)
def test_a_bulk_form_that_is_posted_twice_acts_once(visit: Any, world: Any, posted: dict[str, str], verb: str) -> None:
    firm, case = visit(MANAGER), world.cases["Löner för januari"]
    once = re.findall(r'name="once" value="(.*?)"', page(firm, f"{DESK}arenden/"))[0]
    told = [
        firm.post(f"{DESK}arenden/", {"ref": case.ref, "once": once, **posted}, follow=True).content.decode()
        for _press in range(2)
    ]
    assert f"{case.subject}: " not in told[1]
    assert Event.objects.visible_to(world.manager).filter(case=case, verb=verb, at__gt=case.turn_since).count() == 1


def test_the_desk_shows_a_page_of_what_waits_and_of_what_is_late_and_leads_to_the_rest(visit: Any, world: Any) -> None:
    firm = visit(MANAGER)
    assert "Visa alla" not in page(firm, DESK)
    one = world.cases["Kontoutdrag för november"]
    for state in ("with_firm", "with_client"):
        Case.objects.bulk_create(
            Case(firm=world.firm, engagement=one.engagement, kind="question", request={"questions": []}, state=state,
                 subject="Ett till", due_on=dt.date(2025, 12, 1), responsible=world.manager.membership,
                 firm_changed_at=one.released_at, released_at=one.released_at)
            for _n in range(26)
        )  # fmt: skip
    desk = page(firm, DESK)
    waiting, late = (part.partition("</section>")[0] for part in desk.split('<section class="panel"')[1:3])
    assert f'<span class="badge">{badge(desk)}</span>' in waiting
    for shown, view in ((waiting, "mina"), (late, "forsenade")):
        assert shown.count("<li") == 25
        assert f'href="{DESK}arenden/?vy={view}">Visa alla</a>' in shown
    refs = re.findall(r'name="ref" value="(.*?)"', late)
    posted = {"do": "remind", "ref": refs, "once": re.findall(r'name="once" value="(.*?)"', late)[0]}
    assert "Påminn dessa 25" in late
    for _press in range(2):
        assert "25 påminnelser är på väg" in firm.post(f"{DESK}arenden/", posted, follow=True).content.decode()
    assert Event.objects.visible_to(world.manager).filter(case__ref__in=refs, verb="remind").count() == 25


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("oppna", "Inga öppna ärenden"),
        ("mina", "Inget väntar på dig"),
        ("forsenade", "Ingen kund är försenad"),
        ("samtycke", "Inget ärende väntar på samtycke"),
        ("utkast", "Inga utkast"),
        ("avslutade", "Inga avslutade ärenden"),
        ("alla", "Inga ärenden än"),
    ],
)
def test_an_empty_view_says_what_will_be_in_it(visit: Any, world: Any, view: str, words: str) -> None:
    assert words in page(visit("egna@demobyran.example"), f"{DESK}arenden/?vy={view}")


def test_an_empty_search_says_how_many_filters_are_on(visit: Any, world: Any) -> None:
    shown = page(visit(MANAGER), f"{DESK}arenden/?q=zzz&typ=question&olast=1&vy=mina")
    assert "2 filter är på." in shown
    assert 'href="?vy=mina"' in shown


def test_the_desk_tells_what_clients_have_done_since_yesterday(visit: Any, world: Any) -> None:
    told = page(visit(MANAGER), DESK).partition("Nytt sedan i går")[2]
    assert "<b>Elin Bergqvist</b> avböjde." in told
    assert "Löner för december" in told
    assert "<b>Elin Bergqvist</b> skrev till byrån." in told


def test_a_sending_that_missed_some_can_be_sent_again_to_them(visit: Any, world: Any) -> None:
    missed, other = world.engagements["delad"], world.engagements["annankund"]
    draft = write(world, world.manager, "demokund", "question", "Till flera", send=False)
    faults = [{"client": one.name, "engagement": str(one.pk), "why": "Huvudkontakt saknas."} for one in (missed, other)]
    batch = {"draft": draft, "by": world.manager.membership, "total": 3, "done": 3, "subject": draft.subject}
    SendBatch.objects.create(firm=world.firm, faults=faults, finished_at=timezone.now(), **batch)
    firm = visit(MANAGER)
    desk = page(firm, DESK)
    assert "2 kunder gick inte att nå." in desk
    again = re.findall(rf'href="({DESK}arenden/{draft.ref}/andra/\?.*?)"', desk)[0].replace("&amp;", "&")
    form = page(firm, again)
    assert "Skicka till 2 kunder" in form
    assert set(re.findall(r'name="kund" value="(.*?)"', form)) == {str(missed.pk), str(other.pk)}


def test_a_waiting_case_cannot_be_turned_to_another_client(visit: Any, world: Any) -> None:
    case, other = world.cases["Uppgifter för nyanställda"], world.engagements["annankund"]
    shown = page(visit(MANAGER), f"{DESK}arenden/{case.ref}/andra/?kund={other.pk}")
    assert str(other.pk) not in shown
    assert Case.objects.unscoped(why="the test looks at what is stored").get(pk=case.pk).engagement_id != other.pk


def test_what_one_has_done_oneself_is_not_unread_and_what_came_before_still_is(visit: Any, world: Any) -> None:
    mine = write(world, world.manager, "demokund", "question", "Nyss skickad")
    theirs = world.cases["Kan vi dra av momsen på nya degblandaren?"]
    firm, colleague = visit(MANAGER), visit("konsult@demobyran.example")
    assert "data-unread" not in row_of(page(firm, f"{DESK}arenden/"), mine.subject)
    assert "data-unread" in row_of(page(colleague, f"{DESK}arenden/"), mine.subject)
    cases.note(world.manager, theirs, text="Jag har inte läst än.")
    assert "data-unread" in row_of(page(firm, f"{DESK}arenden/"), theirs.subject)
    page(firm, f"{DESK}arenden/{theirs.ref}/")
    cases.message(world.manager, theirs, text="Vi återkommer.")
    assert "data-unread" not in row_of(page(firm, f"{DESK}arenden/"), theirs.subject)


# A case that nobody at the firm answers for


def leave(world: Any) -> None:
    Membership.objects.unscoped(why="the consultant leaves").filter(pk=world.consultant.membership.pk).update(
        ended_at=timezone.now()
    )


def take_away(world: Any) -> None:
    """The consultant sees own clients only, and this one is given to somebody else."""
    staff = Membership.objects.unscoped(why="the consultant gets less to see")
    staff.filter(pk=world.consultant.membership.pk).update(scope="own")
    tenancy.set_people(world.manager, world.engagements["annankund"], responsible=world.manager.membership,
                       participants=[])  # fmt: skip


def forget(world: Any) -> None:
    Case.objects.unscoped(why="as a case can be stored").filter(subject="Ingens").update(responsible=None)


def badge(page: str) -> int:
    found = re.search(r'Mitt skrivbord.*?class="badge"[^>]*>(\d+)', page.partition("</nav>")[0], re.DOTALL)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("lose", [leave, take_away, forget])
def test_a_case_that_is_nobodys_is_every_managers_until_somebody_answers_for_it(
    visit: Any, world: Any, lose: Any
) -> None:
    Case.objects.visible_to(world.manager).update(responsible=world.manager.membership)  # only one is to be nobody's
    case = write(world, world.manager, "annankund", "question", "Ingens")
    cases.reassign(world.manager, case, responsible=world.consultant.membership)
    answer(world.client("agare@annankund.example", "annankund"), case)
    firm, desk = visit(MANAGER), f"{DESK}arenden/"
    before = badge(page(firm, DESK))
    assert "Utan ansvarig" not in page(firm, f"{desk}?vy=alla")
    lose(world)
    shown = page(firm, DESK)
    assert badge(shown) == before + 1
    assert "Ingens" in shown
    assert "Utan ansvarig" in shown
    assert "Utan ansvarig" in row_of(page(firm, f"{desk}?vy=mina"), "Ingens")
    assert "Utan ansvarig" in page(firm, f"{desk}{case.ref}/")
    assert "Ingens" not in page(visit("egna@demobyran.example"), DESK), "it is the managers' to hand on"
    cases.reassign(world.manager, case, responsible=world.manager.membership)
    assert "Utan ansvarig" not in page(firm, DESK)
    assert badge(page(firm, DESK)) == before + 1


def test_a_late_case_that_is_nobodys_is_on_the_desk_of_a_manager(visit: Any, world: Any) -> None:
    case = write(world, world.manager, "annankund", "question", "Ingens")
    Case.objects.unscoped(why="late, and nobody's").filter(pk=case.pk).update(due_on="2025-12-01", responsible=None)
    assert "Ingens" in page(visit(MANAGER), DESK).partition("Försenat hos kunder")[2]
    assert "Ingens" not in page(visit("konsult@demobyran.example"), DESK)
