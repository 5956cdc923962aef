"""The cast and their cases, made with the real verbs: serves bin/demo and the tests.

Bageri Morgonglöd (demokund) has a case of every kind in every state. Names, numbers and addresses are
invented; the domains end in .example.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import F
from stdnum import luhn

from samsyn.cases import actions as cases
from samsyn.cases import files, kinds
from samsyn.cases.basis import basis_digest, decisions_of
from samsyn.cases.models import Attachment, Case, Event, Purpose, State
from samsyn.cases.people import owners_of
from samsyn.demo import bakery, clock
from samsyn.kit.sweden import stockholm_today, working_day_before
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.actors import Actor, client_actor, firm_actor, memberships_of
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.models import AgreementText, Consent, Engagement, Firm, Invitation, Membership, User

PASSWORD = "samsyn-demo"  # noqa: S105 - known on purpose; exists only with SAMSYN_DEMO=1


def organisation_number(start: str) -> str:
    """A made-up organisation number with a right check digit; `start` has nine digits."""
    return start + str(luhn.calc_check_digit(start))


def pdf(title: str = "Demo") -> bytes:
    """A small but whole PDF, made here."""
    text = title.encode("latin-1", "replace").replace(b"(", b"").replace(b")", b"")
    stream = b"BT /F1 18 Tf 60 760 Td (" + text + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def upload(name: str, content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if content is not None else pdf(name))


@dataclass
class World:
    """The cast by the names they have in the tests."""

    firm: Firm
    rival: Firm
    engagements: dict[str, Engagement] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)

    def user(self, email: str) -> User:
        return User.objects.get(email=email)

    def staff(self, email: str, slug: str = "demobyran") -> Actor:
        user = self.user(email)
        actor = firm_actor(user, memberships_of(user), slug)
        assert actor is not None, email  # noqa: S101 - the cast is fixed
        return actor

    def client(self, email: str, slug: str = "demokund") -> Actor:
        user = self.user(email)
        actor = client_actor(user, memberships_of(user), slug)
        assert actor is not None, email  # noqa: S101 - the cast is fixed
        return actor

    @property
    def manager(self) -> Actor:
        return self.staff("ansvarig@demobyran.example")

    @property
    def consultant(self) -> Actor:
        return self.staff("konsult@demobyran.example")

    @property
    def owner(self) -> Actor:
        return self.client("agare@demokund.example")

    @property
    def member(self) -> Actor:
        return self.client("medarbetare@demokund.example")

    @property
    def reader(self) -> Actor:
        return self.client("lasare@demokund.example")


def let_in(invitation: Invitation, name: str) -> Membership:
    """The invited person presses the button; one with a login is already signed in."""
    known = User.objects.by_email(invitation.email)
    return tenancy.accept_invitation(invitation, user=known, name=name, password=None if known else PASSWORD)


@transaction.atomic
def build(*, with_cases: bool = True) -> World:
    """Make the whole world. The tests leave out the cases when they only need the people."""
    world = _firms()
    _clients(world)
    _people(world)
    if with_cases:
        _cases_of_demokund(world)
        _drafts_of_demokund(world)
        _answers_of_demokund(world)
        _endings_of_demokund(world)
        _cases_of_others(world)
        _age_agreements(60)
    return world


def find() -> World:
    """The world that is already in the database."""
    world = World(Firm.objects.get(slug="demobyran"), Firm.objects.get(slug="rivalbyran"))
    rows = Engagement.objects.unscoped(why="the demo names its own cast").select_related("company", "firm")
    for engagement in rows:
        suffix = "" if engagement.firm_id == world.firm.pk else "@rival"
        world.engagements[engagement.company.slug + suffix] = engagement
    return world


def _firms() -> World:
    def firm(slug: str, name: str, start: str, email: str, city: str, phone: str) -> Firm:
        number = organisation_number(start)
        made = tenancy.add_firm(
            slug,
            name=name,
            number=number,
            manager=email,
            phone=phone,
            address="Storgatan 12",
            postcode="111 22",
            city=city,
        )
        Firm.objects.filter(pk=made.pk).update(made_by_demo=True)
        first = Invitation.objects.unscoped(why="the first manager's").get(firm=made)
        let_in(first, "Maria Sundfalk" if slug == "demobyran" else "Ragnar Vikström")
        return made

    world = World(
        firm(
            "demobyran",
            "Fyrklang Redovisning AB",
            "559999001",
            "ansvarig@demobyran.example",
            "Stockholm",
            "08-555 010 20",
        ),
        firm("rivalbyran", "Rival Ekonomi AB", "559999019", "ansvarig@rivalbyran.example", "Uppsala", "018-555 010 40"),
    )
    manager = world.manager
    let_in(
        tenancy.add_staff(manager, name="Jonas Ekelöv", email="konsult@demobyran.example", role="consultant"),
        "Jonas Ekelöv",
    )
    own = tenancy.add_staff(
        manager, name="Amira Haddad", email="egna@demobyran.example", role="consultant", scope="own"
    )
    let_in(own, "Amira Haddad")
    boss = world.staff("ansvarig@rivalbyran.example", "rivalbyran")
    for email, name in (
        ("konsult@rivalbyran.example", "Rolf Rask"),
        ("dubbel@demokund.example", "Dina Dahl"),
    ):
        let_in(tenancy.add_staff(boss, name=name, email=email, role="consultant"), name)
    return world


def _clients(world: World) -> None:
    def client(actor: Actor, slug: str, name: str, number: str, contact: str, email: str, **more: Any) -> None:
        made = tenancy.add_client(
            actor,
            slug=slug,
            name=name,
            number=number,
            contact_name=contact,
            contact_email=email,
            address="Bagargatan 4",
            postcode="116 23",
            city="Stockholm",
            phone="070-555 01 02",
            **more,
        )
        rows = Engagement.objects.visible_to(actor).select_related("company", "firm")
        made = rows.get(pk=made.pk)
        suffix = "" if made.firm_id == world.firm.pk else "@rival"
        world.engagements[(slug or "enskild") + suffix] = made

    maria, jonas = world.manager, world.consultant
    rolf = world.staff("konsult@rivalbyran.example", "rivalbyran")
    number = organisation_number
    client(
        maria,
        "demokund",
        "Bageri Morgonglöd AB",
        number("559999002"),
        "Elin Bergqvist",
        "agare@demokund.example",
        form="limited",
    )
    client(
        jonas,
        "annankund",
        "Kafé Humlebo HB",
        number("969999003"),
        "Hugo Hult",
        "agare@annankund.example",
        form="partnership",
    )
    client(
        maria,
        "delad",
        "Åkeri Östanvind AB",
        number("559999004"),
        "Åsa Östlund",
        "agare@delad.example",
        form="limited",
    )
    client(
        rolf,
        "delad-rival",
        "Åkeri Östanvind AB",
        number("559999004"),
        "Åsa Östlund",
        "agare@delad.example",
        form="limited",
    )
    person = "19800415239"
    client(
        jonas,
        "",
        "Snickare Ek",
        person + luhn.calc_check_digit(person[2:]),
        "Erik Ek",
        "erik@enskild.example",
        form="sole",
    )
    client(
        maria,
        "utansamtycke",
        "Redskapspoolen Mellanskog",
        number("769999006"),
        "Ulla Utter",
        "agare@utansamtycke.example",
        form="economic",
    )


def approve(world: World, slug: str, actor: Actor, email: str, name: str) -> None:
    """The firm invites, the main contact comes in and approves."""
    engagement = world.engagements[slug]
    let_in(tenancy.invite_main_contact(actor, engagement), name)
    person = world.client(
        email,
        Engagement.objects.visible_to(actor).select_related("company").get(pk=engagement.pk).company.slug,
    )
    cases.approve_consent(person, engagement, text_sha256=text_for(engagement.firm, "sv").sha256)


def _people(world: World) -> None:
    maria, jonas = world.manager, world.consultant
    rolf = world.staff("konsult@rivalbyran.example", "rivalbyran")
    approve(world, "demokund", maria, "agare@demokund.example", "Elin Bergqvist")
    approve(world, "annankund", jonas, "agare@annankund.example", "Hugo Hult")
    approve(world, "delad", maria, "agare@delad.example", "Åsa Östlund")
    approve(world, "delad-rival@rival", rolf, "agare@delad.example", "Åsa Östlund")
    ours, theirs = world.engagements["delad"], world.engagements.pop("delad-rival@rival")
    tenancy.join_companies(world.user("agare@delad.example"), ours.company_id, theirs.company_id)
    theirs.refresh_from_db()
    world.engagements["delad@rival"] = theirs

    def colleague(slug: str, owner: Actor, email: str, name: str, role: str, may_approve: bool = False) -> None:
        asked = tenancy.add_colleague(
            owner, world.engagements[slug], name=name, email=email, role=role, may_approve=may_approve
        )
        let_in(asked, name)

    elin, hugo = world.owner, world.client("agare@annankund.example", "annankund")
    colleague("demokund", elin, "medarbetare@demokund.example", "Oskar Lindh", "member")
    colleague("demokund", elin, "lasare@demokund.example", "Lena Läsare", "reader")
    colleague("demokund", elin, "dubbel@demokund.example", "Dina Dahl", "member", may_approve=True)
    colleague("annankund", hugo, "dubbel@demokund.example", "Dina Dahl", "member")
    let_in(tenancy.invite_main_contact(maria, world.engagements["utansamtycke"]), "Ulla Utter")


def due(days: int) -> dt.date:
    """A working day about `days` from now."""
    return working_day_before(stockholm_today() + dt.timedelta(days=days))


def write(
    world: World,
    actor: Actor,
    slug: str,
    kind: str,
    subject: str,
    message: str = "",
    *,
    days: int | None = 7,
    send: bool = True,
    request: dict[str, Any] | None = None,
    file: str = "",
    to: Sequence[Membership] = (),
    **more: Any,
) -> Case:
    """A case of the firm's, as the pages make one; a restricted one is to the owners, where nobody is named."""
    engagement = world.engagements[slug]
    case = cases.save_draft_case(
        actor,
        None,
        engagement=engagement,
        kind=kind,
        subject=subject,
        message=message or ("Läs det här, så vet ni hur vi gör." if kinds.get(kind).needs_words else ""),
        request=request or dict(kinds.get(kind).example_request),
        due_on=due(days) if days is not None else None,
        **more,
    )
    if listed := to or (owners_of(engagement.pk) if case.restricted else ()):
        cases.set_recipients(actor, case, listed)
    if file:
        case.firm, case.engagement = engagement.firm, engagement
        files.attach(actor, case, upload(file), purpose=Purpose.REQUEST)
    if send:
        cases.open_(actor, case)
    return case


def answer(actor: Actor, case: Case, given: dict[str, Any] | None = None) -> None:
    """The client answers what is `given`, or its kind's example; with real files where documents are asked for."""
    fresh = Case.objects.visible_to(actor).select_related("firm", "engagement").get(pk=case.pk)
    given = given or dict(fresh.kind_of.example_answer)
    if fresh.kind == "document_request":
        rows = []
        for document in fresh.request["documents"]:
            made = files.attach(
                actor, fresh, upload(f"{document['name']}.pdf"), purpose=Purpose.ANSWER, row_id=document["id"]
            )
            rows.append({"id": document["id"], "missing": False, "explanation": "", "files": [str(made.pk)]})
        given = {"rows": rows, "comment": "Här kommer det vi har."}
    cases.send_back(actor, fresh, answer=given, text=given.get("comment", ""))


def _cases_of_demokund(world: World) -> None:
    maria, jonas, elin, oskar = world.manager, world.consultant, world.owner, world.member
    make, today = world.cases, stockholm_today()
    bought, closing = clock.last(today, 12, 9), clock.last(today, 12, 31)

    make["question"] = write(
        world,
        jonas,
        "demokund",
        "question",
        "Vad gällde inköpet den 9 december?",
        f"Hej Elin! Jag ser ett kortköp utan kvitto från den 9 december {bought.year} och behöver veta vad det var.",
        days=7,
    )
    make["wanted"] = write(
        world,
        maria,
        "demokund",
        "document_request",
        "Kvitton som saknas för december",
        f"Hej Elin! Två underlag saknas för att jag ska kunna stänga december {closing.year}.",
        days=1,
        period_from=closing.replace(day=1),
        period_to=closing,
    )
    make["approval"] = write(
        world,
        maria,
        "demokund",
        "approval",
        "Löner för januari",
        "Hej Elin! Här är lönerna för januari. Titta särskilt på semesterersättningen.",
        days=3,
        request=bakery.approval("Löner för januari", "184320.00", clock.payday(today, 1).isoformat()),
        file="lonespecifikationer-januari.pdf",
    )
    make["details"] = write(world, jonas, "demokund", "details", "Uppgifter till årsredovisningen", days=14)
    make["to_read"] = write(
        world,
        maria,
        "demokund",
        "information",
        "Nya regler för personalliggare",
        "Från årsskiftet gäller nya regler. Här är det viktigaste.",
        days=None,
        request={"acknowledge": False},
    )
    make["to_confirm"] = write(
        world,
        maria,
        "demokund",
        "information",
        "Nya beloppsgränser",
        "Läs igenom och bekräfta, så vet vi att alla har sett det.",
        days=5,
    )
    make["draft"] = write(world, maria, "demokund", "question", "Fråga om leasingavtalet", send=False)
    make["restricted"] = write(
        world,
        maria,
        "demokund",
        "approval",
        "Ägarens lön",
        "Bara för ägaren.",
        days=4,
        request=bakery.approval("Lön till Elin Bergqvist för januari", "42000.00", clock.payday(today, 1).isoformat()),
        restricted=True,
    )

    make["answered"] = write(
        world, maria, "demokund", "document_request", "Kontoutdrag för november", days=2, request=bakery.STATEMENTS
    )
    answer(oskar, make["answered"])
    make["returned"] = write(
        world, maria, "demokund", "document_request", "Underlag för representation", days=3, request=bakery.DINNER
    )
    answer(elin, make["returned"])
    first, second = (row["id"] for row in make["returned"].request["documents"])
    verdicts = [
        {"id": first, "verdict": "accepted", "reason": ""},
        {
            "id": second,
            "verdict": "returned",
            "reason": "Bilden är suddig nertill. Ta gärna om den i dagsljus.",
        },
    ]
    cases.review(maria, make["returned"], verdicts={"rows": verdicts})
    cases.ask_again(maria, make["returned"], text="Tack, nästan allt är på plats.")

    engagement = world.engagements["demokund"]
    make["own"] = cases.write_to_firm(
        elin,
        engagement,
        request={"topic": "question", "to": None},
        subject="Kan vi dra av momsen på nya degblandaren?",
        message="Vi köper den i nästa vecka.",
    )
    make["replied"] = cases.write_to_firm(
        oskar,
        engagement,
        request={"topic": "information", "to": None},
        subject="Vi byter kassasystem i mars",
        message="Det nya heter något annat, jag skickar avtalet.",
    )
    cases.reply(jonas, make["replied"], text="Tack! Skicka gärna avtalet när det är klart.")

    make["closed"] = write(world, maria, "demokund", "question", "Kontoutdrag för oktober", request=bakery.TRANSFER)
    make["cancelled"] = write(world, maria, "demokund", "question", "Fråga om hyran", request=bakery.RENT)
    answer(elin, make["closed"], bakery.answers("Delbetalning av ugnen.", True))
    cases.close(maria, make["closed"])
    cases.cancel(maria, make["cancelled"])
    end = clock.quarter_end(today - dt.timedelta(days=30), 1)
    quarter, to_pay = clock.quarter_of(end), clock.vat_day(end).isoformat()
    vat = bakery.approval(f"Moms att betala för kvartal {quarter}", "48915.00", to_pay)
    make["approved"] = write(
        world, maria, "demokund", "approval", f"Momsdeklaration för kvartal {quarter}", request=vat
    )
    wages = bakery.approval("Löner för december", "179450.00", clock.payday(today, 12).isoformat())
    make["declined"] = write(world, maria, "demokund", "approval", "Löner för december", request=wages)
    cases.approve(elin, make["approved"], digest=basis_digest(make["approved"]))
    cases.close(maria, make["approved"])
    cases.decline(elin, make["declined"], digest=basis_digest(make["declined"]), text="Övertiden saknas.")
    make["read"] = write(world, maria, "demokund", "information", "Semesterstängt i juli", bakery.SUMMER, days=None)
    cases.acknowledge(elin, make["read"])
    make["informed"] = write(
        world,
        maria,
        "demokund",
        "information",
        "Öppettider i jul",
        bakery.CHRISTMAS,
        days=None,
        request={"acknowledge": False},
    )
    cases.done(elin, make["informed"])
    make["retracted"] = write(world, maria, "demokund", "question", "Skickad till fel kund")
    cases.retract(maria, make["retracted"])

    cases.message(elin, make["wanted"], text="Resten kommer i morgon, jag letar efter kvittot från den 4:e.")
    cases.note(maria, make["answered"], text="Kolla saldot den 30 november mot bokföringen innan vi godtar det.")
    ages = {
        "wanted": 8,
        "closed": 40,
        "approved": 30,
        "cancelled": 25,
        "read": 20,
        "informed": 18,
        "question": 3,
        "answered": 2,
        "details": 5,
    }
    for name, days in ages.items():
        _age(make[name], days)
    Case.objects.unscoped(why="the demo shows a late case").filter(pk=make["wanted"].pk).update(
        due_on=working_day_before(stockholm_today() - dt.timedelta(days=1))
    )


def _drafts_of_demokund(world: World) -> None:
    """A draft of every kind: the question's is among the others."""
    maria, jonas, make = world.manager, world.consultant, world.cases
    end = clock.quarter_end(stockholm_today() - dt.timedelta(days=30))
    quarter = clock.quarter_of(end)
    make["year_end"] = write(
        world,
        maria,
        "demokund",
        "document_request",
        "Underlag till bokslutet",
        "Hej Elin! Det här behöver jag för att kunna börja med bokslutet.",
        days=21,
        send=False,
        request=bakery.YEAR_END,
    )
    make["vat"] = write(
        world,
        maria,
        "demokund",
        "approval",
        f"Momsdeklaration för kvartal {quarter}",
        "Hej Elin! Här är momsen så långt. Jag fyller på när kvartalet är slut.",
        send=False,
        request=bakery.approval(f"Moms att betala för kvartal {quarter}", "61240.00", clock.vat_day(end).isoformat()),
        file=f"momsdeklaration-kvartal-{quarter}.pdf",
    )
    year = stockholm_today().year - 1
    make["van"] = write(
        world,
        jonas,
        "demokund",
        "details",
        f"Leveransbilen under {year}",
        days=14,
        send=False,
        request=bakery.van(year),
    )
    make["how_to"] = write(
        world,
        jonas,
        "demokund",
        "information",
        "Så lämnar ni underlag till bokslutet",
        "Fotografera kvittona i dagsljus, ett i taget, så att alla rader går att läsa.",
        days=None,
        send=False,
        request={"acknowledge": False},
    )


def _answers_of_demokund(world: World) -> None:
    """What the client has answered and the firm has not yet gone through."""
    maria, jonas, elin, oskar, make = world.manager, world.consultant, world.owner, world.member, world.cases
    today = stockholm_today()
    came = clock.spoken(today - dt.timedelta(days=8))
    make["deposit"] = write(
        world, jonas, "demokund", "question", f"Insättningen den {came}", days=4, request=bakery.deposit(came)
    )
    told = bakery.answers("Ett hotell betalade sin frukost i förskott.", True, comment="Fakturan kommer i veckan.")
    answer(elin, make["deposit"], told)
    counted = clock.spoken(clock.month_end(today, 4))
    stock = bakery.stock(counted)
    make["stock"] = write(
        world,
        maria,
        "demokund",
        "details",
        f"Varulager den {counted}",
        "Hej Oskar! Vad var lagret värt när månaden var slut?",
        days=5,
        request=stock,
    )
    answer(oskar, make["stock"], bakery.given(stock, ("28450.00",), ("5120.00",)))
    make["till"] = write(
        world,
        maria,
        "demokund",
        "information",
        "Nya rutiner för dagskassan",
        "Räkna kassan varje kväll och skriv upp summan.",
        days=6,
    )
    answer(oskar, make["till"], {"comment": "Vi har stängt på söndagar. Räcker det med sex dagar?", "files": []})
    for name, days in (("deposit", 1), ("stock", 4), ("till", 6)):
        _age(make[name], days)


def _endings_of_demokund(world: World) -> None:
    """What has ended, of the kinds that have not ended otherwise."""
    maria, jonas, elin, oskar, make = world.manager, world.consultant, world.owner, world.member, world.cases
    today = stockholm_today()
    ground = clock.month_end(today, 35)
    mill = bakery.mill(ground)
    make["mill"] = write(
        world,
        maria,
        "demokund",
        "document_request",
        f"Fakturor från kvarnen i {clock.MONTHS[ground.month - 1]}",
        request=mill,
    )
    answer(oskar, make["mill"])
    accepted = [{"id": row["id"], "verdict": "accepted", "reason": ""} for row in mill["documents"]]
    cases.review(maria, make["mill"], verdicts={"rows": accepted})
    cases.close(maria, make["mill"])
    make["staff"] = write(
        world, jonas, "demokund", "details", f"Anställda under {today.year - 1}", request=bakery.STAFF
    )
    answer(elin, make["staff"], bakery.given(bakery.STAFF, (7, True), comment="Ella fyller 18 i maj."))
    cases.close(jonas, make["staff"])
    make["fair"] = write(
        world,
        maria,
        "demokund",
        "approval",
        "Utlägg för mässan i Göteborg",
        request=bakery.approval("Ersättning till Oskar för utlägg", "3120.00"),
    )
    why = "Hotellet är betalt med bageriets kort, så det ska inte vara med."
    cases.decline(elin, make["fair"], digest=basis_digest(make["fair"]), text=why)
    cases.close(maria, make["fair"])
    make["phone"] = cases.write_to_firm(
        oskar,
        world.engagements["demokund"],
        request={"topic": "information", "to": None},
        subject="Nytt telefonnummer till bageriet",
        message="Från måndag svarar vi på 08-555 010 77.",
    )
    cases.reply(jonas, make["phone"], text="Tack! Det är ändrat hos oss.", finished=True)
    for name, days in (("mill", 35), ("staff", 28), ("fair", 45), ("phone", 22)):
        _age(make[name], days)


def _cases_of_others(world: World) -> None:
    maria, jonas = world.manager, world.consultant
    rolf = world.staff("konsult@rivalbyran.example", "rivalbyran")
    world.cases["annan"] = write(
        world, jonas, "annankund", "question", "Vad är fakturan från november?", request=bakery.INVOICE
    )
    world.cases["delad"] = write(
        world, maria, "delad", "document_request", "Körjournal för kvartal 4", request=bakery.MILEAGE
    )
    world.cases["rival"] = write(world, rolf, "delad@rival", "question", "Fråga från en annan byrå")
    world.cases["waiting"] = write(world, maria, "utansamtycke", "details", "Uppgifter för nyanställda")


def _age(case: Case, days: int) -> None:
    """Let a case have happened some days ago, so that the demo looks lived in."""
    back = dt.timedelta(days=days)
    _back(Case, {"pk": case.pk}, back, "created_at", "released_at", "closed_at", "turn_since")
    _back(Case, {"pk": case.pk}, back, "firm_changed_at", "client_changed_at")
    _back(Event, {"case": case}, back, "at")
    _back(Attachment, {"case": case}, back, "created_at")
    fresh = Case.objects.unscoped(why="the demo's own cases").get(pk=case.pk)
    if fresh.state != State.WITH_CLIENT and fresh.due_on:
        fresh.due_on = working_day_before(fresh.due_on - back)
    for given in decisions_of(fresh):
        given["at"] = (dt.datetime.fromisoformat(given["at"]) - back).isoformat()
    fresh.save(update_fields=["due_on", "answer"])


def _age_agreements(days: int) -> None:
    """Let the clients who have approved have done so before their first case."""
    back, approved = dt.timedelta(days=days), Engagement.ConsentState.APPROVED
    _back(Engagement, {"consent": approved}, back, "consent_at", "consent_first_approved_at", "first_released_at")
    _back(Consent, {"engagement__consent": approved}, back, "at")
    _back(AgreementText, {}, back, "created_at")


def _back(model: Any, which: dict[str, Any], by: dt.timedelta, *columns: str) -> None:
    rows = model.objects.unscoped(why="the demo's own rows, as if they had been made earlier").filter(**which)
    rows.update(**{column: F(column) - by for column in columns})
