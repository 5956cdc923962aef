"""A new version of the agreement text: what it changes, whose approval it needs, and what holds meanwhile."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from samsyn.cases import actions as cases
from samsyn.cases import jobs
from samsyn.cases.models import Case
from samsyn.demo.world import write
from samsyn.kit.differences import changed_paragraphs
from samsyn.kit.sweden import is_working_day, stockholm_day
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.agreement import default_text, newest_texts, text_for
from samsyn.tenancy.errors import NotYours
from samsyn.tenancy.models import AgreementText, Consent, Engagement
from tests.pressing import soup
from tests.test_consent import AGREED, read, told
from tests.test_reminders import DAY, steps, swept

MANAGER, OWNER, MEMBER = "ansvarig@demobyran.example", "agare@demokund.example", "medarbetare@demokund.example"
PAGE = "/byra/demobyran/installningar/avtal/"
CLIENT = "/kund/demokund/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", soup(response).get_text(" ").replace("\u00a0", " "))


def fields(person: Any, **other: str) -> dict[str, str]:
    """What the page's form holds, with something changed."""
    form = soup(person.get(PAGE)).select_one("main form")
    texts = {one["name"]: one.text.removeprefix("\n") for one in form.select("textarea")}
    return {**texts, "after": form.select_one("[name=after]")["value"], **other}


def publish(person: Any, *, renew: bool = False, **other: str) -> Any:
    """Look at what changes, then publish just that."""
    shown = person.post(PAGE, {**fields(person, **other), "do": "look"})
    seen = soup(shown).select_one("[name=seen]")
    ticked = {"must_renew": "on"} if renew else {}
    return person.post(PAGE, {**fields(person, **other), **ticked, "do": "publish", "seen": seen["value"]})


def ours(world: Any) -> Engagement:
    found: Engagement = Engagement.objects.unscoped(why="as it is stored").get(pk=world.engagements["demokund"].pk)
    return found


def versions(world: Any) -> list[tuple[int, str]]:
    rows = AgreementText.objects.visible_to(world.manager).filter(firm=world.firm)
    return sorted((one.version, one.language) for one in rows)


def new_text(world: Any) -> str:
    body = text_for(world.firm, "sv").body
    return body.replace("när som helst", "med en månads varsel") + "\n\n## Nytt stycke\n\nMed nya ord."


@pytest.fixture
def asked(world: Any, visit: Any) -> Any:
    """The firm has published a text that everybody must approve, and the worker has asked."""
    told()
    assert publish(visit(MANAGER), renew=True, sv=new_text(world)).status_code == 302
    jobs.ask_anew_of_all()
    return world


# Publishing


def test_a_manager_sees_what_changes_before_it_is_published(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    shown = manager.post(PAGE, {**fields(manager, sv=new_text(world)), "do": "look"})
    assert shown.status_code == 200
    gone, new = ([one.get_text() for one in soup(shown).select(f".changes {mark}")] for mark in ("del", "ins"))
    assert gone == ["Borttaget: när som helst"]
    assert new == ["Tillagt: med en månads varsel", "Tillagt: Nytt stycke", "Tillagt: Med nya ord."]
    assert "3 kunder har godkänt en äldre text." in text(shown)
    assert versions(world) == [(1, "en"), (1, "sv")], "looking publishes nothing"


def test_what_is_published_is_what_was_looked_at(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    for seen in ("", "0" * 64):
        posted = {**fields(manager, sv=new_text(world)), "do": "publish", "seen": seen}
        late = manager.post(PAGE, posted)
        assert late.status_code == 422
        assert "Texten har ändrats sedan du tittade på den." in text(late)
    assert versions(world) == [(1, "en"), (1, "sv")]


def test_a_version_is_the_same_number_in_every_language_and_no_change_makes_none(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    with_carriage_returns = {one: fields(manager)[one].replace("\n", "\r\n") + "\r\n" for one in ("sv", "en")}
    for do in ("look", "publish"):
        same = manager.post(PAGE, {**fields(manager), **with_carriage_returns, "do": do})
        assert (same.status_code, "Ingenting i texten har ändrats." in text(same)) == (422, True)
    done = publish(manager, sv=new_text(world))
    assert done.headers["Location"] == PAGE
    assert versions(world) == [(1, "en"), (1, "sv"), (2, "en"), (2, "sv")]
    page = text(manager.get(f"{PAGE}?version=2"))
    assert "Vad version 2 ändrade" in page
    assert "Maria Sundfalk" in page
    assert "med en månads varsel" in page
    for nonsense in ("1", "99", "-1", "x", "9" * 30):
        assert "ändrade</h2>" not in manager.get(f"{PAGE}?version={nonsense}").content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"sv": "x" * 20_001}, "Texten är för lång."), ({"en": ""}, "Detta fält måste fyllas i.")],
)
def test_a_text_that_will_not_do_is_said_at_its_field(
    visit: Any, world: Any, wrong: dict[str, str], sentence: str
) -> None:
    manager = visit(MANAGER)
    page = manager.post(PAGE, {**fields(manager, **{"sv": "Kvarskrivet", **wrong}), "do": "publish"})
    assert page.status_code == 422
    assert sentence in text(page)
    assert "en" not in wrong or "Kvarskrivet" in text(page)
    assert versions(world) == [(1, "en"), (1, "sv")]


def test_of_two_managers_the_second_reads_what_the_first_has_published(visit: Any, world: Any) -> None:
    manager = visit(MANAGER)
    shown = manager.post(PAGE, {**fields(manager, sv="## Min text"), "do": "look"})
    seen = str(soup(shown).select_one("[name=seen]")["value"])
    tenancy.publish_agreement(world.manager, {"sv": "## En annans"}, after=1)
    posted = {**fields(manager, sv="## Min text", after="1"), "do": "publish", "seen": seen}
    late = manager.post(PAGE, posted)
    assert late.status_code == 409
    assert "En kollega har publicerat en annan version" in text(late)
    assert "En annans" in text(late)
    assert "Min text" in text(late)
    assert text_for(world.firm, "sv").body == "## En annans"


def test_only_a_manager_of_the_firm_publishes(visit: Any, world: Any) -> None:
    posted = {**fields(visit(MANAGER), sv="## Kapad"), "do": "publish", "seen": "x"}
    told_no = visit("konsult@demobyran.example").post(PAGE, posted)
    assert (told_no.status_code, "Bara en byråansvarig" in text(told_no)) == (403, True)
    assert visit("ansvarig@rivalbyran.example").post(PAGE, posted).status_code == 404
    with pytest.raises(NotYours):
        tenancy.publish_agreement(world.consultant, {"sv": "## Kapad"}, after=1)
    assert versions(world) == [(1, "en"), (1, "sv")]


# Approvals stay valid unless the firm asks anew


def test_an_approval_stays_valid_and_the_owner_can_read_what_differs(visit: Any, world: Any) -> None:
    told()
    before = ours(world)
    publish(visit(MANAGER), sv=new_text(world))
    jobs.ask_anew_of_all()
    assert told() == []
    assert vars(ours(world)) | {"_state": None} == vars(before) | {"_state": None}
    page = text(visit(OWNER).get(AGREED))
    assert "Version 1," in page
    assert "Byrån har publicerat version 2 sedan dess" in page
    assert "Det ni har godkänt gäller fortfarande." in page
    start = dt.datetime.now(dt.UTC)
    for number in (15, 45, 70):
        swept(start + number * DAY)
    assert ours(world).consent == "approved"


def test_a_company_that_is_invited_anew_reads_what_has_changed_since_it_approved(visit: Any, world: Any) -> None:
    cases.withdraw_consent(world.owner, world.engagements["demokund"])
    publish(visit(MANAGER), sv=new_text(world))
    tenancy.invite_main_contact(world.manager, world.engagements["demokund"])
    page = visit(OWNER).get(AGREED)
    assert "Från version 1, som ni godkände, till version 2" in text(page)
    assert [one.get_text() for one in soup(page).select(".changes del")] == ["Borttaget: när som helst"]


# Asked anew


def test_the_owners_are_asked_once_and_the_old_approval_holds_meanwhile(asked: Any, visit: Any) -> None:
    letters = told()
    assert letters == [
        ("agare@annankund.example", "En ny avtalstext väntar på ert svar"),
        ("agare@delad.example", "En ny avtalstext väntar på ert svar"),
        (OWNER, "En ny avtalstext väntar på ert svar"),
    ]
    for _minute in range(2):
        jobs.ask_anew_of_all()
    assert told() == []
    client = ours(asked)
    assert (client.consent, client.is_renewing, client.agreement_version) == ("approved", True, 2)
    assert steps(client) == ["invited", "approved", "renewal"]
    case = write(asked, asked.manager, "demokund", "question", "Medan svaret väntar")
    assert Case.objects.visible_to(asked.manager).get(pk=case.pk).state == "with_client"
    assert "har en ny avtalstext. Svara senast" in text(visit(OWNER).get(CLIENT))
    page = visit(OWNER).get(AGREED)
    assert "Det här har ändrats" in text(page)
    assert "Det som Elin Bergqvist godkände" in text(page)
    assert "när som helst" in soup(page).select_one(".changes del").get_text()
    firm = text(visit(MANAGER).get(f"/byra/demobyran/kunder/{client.pk}/"))
    assert "Maria Sundfalk bad om godkännande av en ny avtalstext." in firm
    assert "om att godkänna version 2" in firm
    assert "3 kunder har inte svarat än" in text(visit(MANAGER).get(PAGE))
    listed = text(visit(MANAGER).get("/byra/demobyran/kunder/?vy=fornyas"))
    assert "Bageri Morgonglöd AB" in listed
    assert "Redskapspoolen" not in listed


def test_an_approval_of_the_new_text_keeps_everything_as_it_was(asked: Any, visit: Any) -> None:
    told()
    first, owner = ours(asked).consent_first_approved_at, visit(OWNER)
    before = list(open_cases(asked))
    sha = read(owner, AGREED)
    done = owner.post(AGREED, {"decision": "approve", "may_represent": "on", "text": sha}, follow=True)
    assert "Du har godkänt den nya texten." in text(done)
    client = ours(asked)
    assert (client.consent, client.asked_at, client.consent_first_approved_at) == ("approved", None, first)
    assert steps(client) == ["invited", "approved", "renewal", "approved"]
    assert list(open_cases(asked)) == before
    assert told() == [(MANAGER, "Samtycket är godkänt")]
    assert sha == text_for(asked.firm, "sv").sha256
    start = dt.datetime.now(dt.UTC)
    assert [letter for number in (15, 45, 70) for letter in swept(start + number * DAY) if letter[0] == OWNER] == []
    jobs.ask_anew_of_all()
    assert steps(client)[-1] == "approved"


def open_cases(world: Any) -> Any:
    rows = Case.objects.visible_to(world.manager).filter(engagement=world.engagements["demokund"])
    return rows.filter(state__in=("with_client", "with_firm")).order_by("pk").values_list("pk", "state", "firm_seq")


def test_a_new_text_that_is_declined_ends_the_consent_as_a_withdrawal_does(asked: Any, visit: Any) -> None:
    told()
    assert open_cases(asked).exists()
    page = visit(OWNER).post(AGREED, {"decision": "decline", "reason": "En månad är för länge"}, follow=True)
    assert "Du har avböjt och samtycket har upphört." in text(page)
    assert "Elin Bergqvist avböjde den nya avtalstexten." in text(page)
    client = ours(asked)
    assert (client.consent, client.withdrawn_by) == ("declined", "Elin Bergqvist, Bageri Morgonglöd AB")
    assert not open_cases(asked).exists()
    assert told() == [(MANAGER, "Samtycket är avböjt")]
    assert "Samtycket återkallades" in text(visit(MEMBER).get(f"{CLIENT}arenden/"))
    step = Consent.objects.visible_to(asked.owner).filter(engagement=client).latest("seq")
    assert (step.step, step.text_sha256) == ("declined", text_for(asked.firm, "sv").sha256)
    firm = visit(MANAGER)
    assert firm.post(f"/byra/demobyran/kunder/{client.pk}/", {"do": "invite"}).status_code == 302
    assert ours(asked).consent == "invited"


@pytest.mark.parametrize("side", ["client", "firm"])
def test_either_side_can_still_withdraw_what_was_approved(asked: Any, visit: Any, side: str) -> None:
    old = AgreementText.objects.visible_to(asked.manager).get(version=1, language="sv")
    if side == "client":
        visit(OWNER).post(AGREED, {"decision": "withdraw"})
    else:
        visit(MANAGER).post(f"/byra/demobyran/kunder/{ours(asked).pk}/", {"do": "withdraw"})
    client = ours(asked)
    assert (client.consent, client.asked_at) == ("withdrawn", None)
    step = Consent.objects.visible_to(asked.owner).filter(engagement=client).latest("seq")
    assert step.text_sha256 == old.sha256, "what is withdrawn is what was approved"


def test_unanswered_it_is_reminded_of_twice_and_ends_after_sixty_days(asked: Any, visit: Any) -> None:
    told()
    client = ours(asked)
    start = client.asked_at
    assert start
    letters = []
    for number in range(1, 61):
        at = start + number * DAY
        letters += [(stockholm_day(at), subject) for to, subject in swept(at) if to == OWNER]
    assert [subject for _day, subject in letters] == ["Påminnelse: ett avtal väntar på ert svar"] * 2
    assert all(is_working_day(day) for day, _subject in letters)
    assert (ours(asked).consent, open_cases(asked).exists()) == ("approved", True)
    told_of = swept(start + 61 * DAY)
    assert (OWNER, "Samtycket har upphört") in told_of
    assert (MANAGER, "Samtycket har upphört") in told_of
    client = ours(asked)
    assert (client.consent, client.withdrawn_by, client.asked_at) == ("expired", "", None)
    assert client.withdrawn_at == start + 61 * DAY
    assert not open_cases(asked).exists()
    assert steps(client)[-4:] == ["renewal", "reminded", "reminded", "expired"]
    with time_machine.travel(start + 61 * DAY):
        page = text(visit(OWNER).get(f"{CLIENT}arenden/"))
        assert "eftersom ingen svarade om den nya avtalstexten. Ärendena går att läsa" in page
        assert "Ingen svarade i tid, så samtycket upphörde." in text(visit(OWNER).get(AGREED))
        assert "upphörde" in text(visit(MANAGER).get(f"/byra/demobyran/kunder/{client.pk}/"))


def test_a_worker_that_stood_still_ends_nothing_before_both_reminders_have_had_their_time(asked: Any) -> None:
    told()
    start = ours(asked).asked_at
    assert start
    days = [number for number in range(100, 130) if any(to == OWNER for to, _subject in swept(start + number * DAY))]
    assert len(days) == 3, "two reminders, then the end"
    assert all(later - earlier >= 7 for earlier, later in pairwise(days))
    assert ours(asked).consent == "expired"


def test_whoever_may_not_answer_reads_that_an_administrator_does(asked: Any, visit: Any) -> None:
    page = visit(MEMBER).get(AGREED)
    assert "En administratör hos ert företag svarar." in text(page)
    assert not soup(page).select("main form")
    for decision in ("approve", "decline"):
        posted = {"decision": decision, "may_represent": "on", "text": "x"}
        assert visit(MEMBER).post(AGREED, posted).status_code == 403
    assert steps(ours(asked))[-1] == "renewal"


def test_a_client_that_ended_meanwhile_is_left_alone_and_gets_all_its_time_when_it_comes_back(asked: Any) -> None:
    told()
    client = ours(asked)
    start = client.asked_at
    assert start
    cases.end_client(asked.manager, client)
    for number in (20, 50, 70):
        assert OWNER not in [to for to, _subject in swept(start + number * DAY)]
    assert ours(asked).consent == "approved"
    with time_machine.travel(start + 71 * DAY, tick=False):
        cases.take_up_client(asked.manager, client)
        assert (OWNER, "En ny avtalstext väntar på ert svar") in told()
    assert ours(asked).asked_at == start + 71 * DAY


def test_the_other_firm_and_its_clients_notice_nothing(asked: Any, visit: Any) -> None:
    rival = Engagement.objects.unscoped(why="as it is stored").get(pk=asked.engagements["delad@rival"].pk)
    assert (rival.asked_at, rival.agreement_version, steps(rival)) == (None, 1, ["invited", "approved"])
    page = text(visit("agare@delad.example").get("/kund/delad/samtycke/rivalbyran/"))
    assert "ny avtalstext" not in page
    assert "Version 1," in page
    assert "ny avtalstext" in text(visit("agare@delad.example").get("/kund/delad/samtycke/demobyran/"))


def test_an_approval_given_on_the_old_page_is_refused_with_what_has_changed(asked: Any, visit: Any) -> None:
    old = newest_texts(asked.rival)[0].sha256
    late = visit(OWNER).post(AGREED, {"decision": "approve", "may_represent": "on", "text": old})
    assert late.status_code == 422
    assert "Byrån har ändrat avtalstexten sedan du läste den." in text(late)


# What differs, in words


PIECES = ["ett", "två", "tre", "## Rubrik", "\n\n", "fyra.", "\r\n"]
WORDS = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)


@given(WORDS, WORDS)
def test_the_differences_hold_all_that_is_gone_and_all_that_is_new(before: str, after: str) -> None:
    found = changed_paragraphs(before, after)
    if " ".join(before.split()) == " ".join(after.split()) and "\n" not in before + after:
        assert not found
    for kind, here, there in (("gone", before, after), ("new", after, before)):
        words = [word for one in found for part in one.parts if part.kind == kind for word in part.text.split()]
        short = {word: here.split().count(word) - there.split().count(word) for word in set(here.split()) - {"##"}}
        assert all(words.count(word) >= many for word, many in short.items())


def test_a_very_long_text_is_compared_at_once() -> None:
    before = "ord " * 5_000
    after = before + "\n\n".join(["sist"] * 4_000)
    assert changed_paragraphs(before, after)
    assert changed_paragraphs(default_text_of_a_firm(), default_text_of_a_firm()) == []


def default_text_of_a_firm() -> str:
    from samsyn.tenancy.models import Firm

    return default_text(Firm(name="Byrån AB", number="5599990024"), "sv")
