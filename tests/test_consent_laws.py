"""What always holds of consents, in whatever order two firms, one company and its people act."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from samsyn.cases import actions as cases
from samsyn.cases import jobs
from samsyn.cases.models import Case, State
from samsyn.demo.world import World, find, let_in, write
from samsyn.tenancy import actions as tenancy
from samsyn.tenancy.actions.consent import COPIES, keep_copies
from samsyn.tenancy.actors import Actor, client_actor, memberships_of
from samsyn.tenancy.agreement import text_for
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import CLIENT, Consent, Engagement, Invitation, Membership, User
from samsyn.tenancy.people import HERE
from tests.test_tenants import bytes_of

DAY = dt.timedelta(days=1)
ASA, BO = "agare@delad.example", "bo@delad.example"
STAFF = {"demobyran": "ansvarig@demobyran.example", "rivalbyran": "ansvarig@rivalbyran.example"}
FIRMS = st.sampled_from(sorted(STAFF))
OPEN = (State.WITH_CLIENT, State.WITH_FIRM)
Step = Engagement.ConsentState


class Undo(Exception):  # noqa: N818 - it rolls the example back
    pass


class Consents(RuleBasedStateMachine):
    """Two firms with the same company under one address, and two people there; each rule is one person's press."""

    world: ClassVar[World]

    @initialize()
    def begin(self) -> None:
        self.clock = time_machine.travel(dt.datetime(2027, 1, 11, 8, tzinfo=dt.UTC), tick=False)
        self.clock.start()
        self.now = dt.datetime(2027, 1, 11, 8, tzinfo=dt.UTC)
        self.histories: dict[str, list[tuple[Any, ...]]] = {firm: self.steps(firm) for firm in STAFF}
        self.acting, self.pressed = "", 0
        self.before: dict[str, tuple[Any, ...]] = {}

    def teardown(self) -> None:
        self.clock.stop()

    # What the rules need

    def client(self, firm: str) -> Engagement:
        rows = Engagement.objects.unscoped(why="the law looks at everything").select_related("firm", "company")
        found: Engagement = rows.get(company__slug="delad", firm__slug=firm)
        return found

    def manager(self, firm: str) -> Actor:
        return self.world.staff(STAFF[firm], firm)

    def person(self, email: str) -> Actor | None:
        user = User.objects.by_email(email)
        return client_actor(user, memberships_of(user), "delad") if user else None

    def tries(self, firm: str, *verbs: Any) -> None:
        """A press of somebody at or towards one firm; a refusal changes nothing and is an answer."""
        self.pressed += 1
        self.acting, self.before = firm, {one: self.look(one) for one in STAFF if one != firm}
        for verb in verbs:
            try:
                with transaction.atomic():
                    verb()
            except Refused:
                pass

    def steps(self, firm: str) -> list[tuple[Any, ...]]:
        rows = Consent.objects.unscoped(why="the law looks at everything").filter(engagement=self.client(firm))
        return list(rows.order_by("seq").values_list("pk", "seq", "step", "at", "name", "text_sha256", "text__version"))

    def look(self, firm: str) -> tuple[Any, ...]:
        """Everything one firm has of the company, and what its pages and its side of the company's pages say."""
        one = self.client(firm)
        stored = [Engagement.objects.unscoped(why="a law").filter(pk=one.pk).values().get()]
        for model in (Consent, Membership, Invitation, Case):
            stored += list(model.objects.unscoped(why="a law").filter(engagement=one).order_by("pk").values())
        if self.pressed % 3:  # the pages take longer than all else
            return (repr(stored),)
        desk = Client()
        desk.force_login(User.objects.get(email=STAFF[firm]))
        shown = bytes_of(desk, [f"/byra/{firm}/kunder/{one.pk}/"])
        asa = Client()
        asa.force_login(User.objects.get(email=ASA))
        shown += bytes_of(asa, [f"/kund/delad/samtycke/{firm}/bevis/"]) if self.owns(ASA, firm) else []
        # The menu above counts what waits from both firms: it is the person's own.
        return repr(stored), [page.partition(b"<main")[2].replace(self.now_shown(), b"") for page in shown]

    def now_shown(self) -> bytes:
        return self.now.astimezone(dt.timezone(dt.timedelta(hours=1))).isoformat(" ", "seconds").encode()

    def owns(self, email: str, firm: str) -> bool:
        rows = Membership.objects.unscoped(why="a law").filter(HERE, engagement=self.client(firm), role="owner")
        return bool(rows.filter(user__email=email).exists())

    # The rules

    @rule(firm=FIRMS)
    def invite(self, firm: str) -> None:
        self.tries(firm, lambda: tenancy.invite_main_contact(self.manager(firm), self.client(firm)))

    @rule(firm=FIRMS)
    def take_the_link(self, firm: str) -> None:
        links = Invitation.objects.unscoped(why="a law").select_related("firm", "engagement__firm")
        link = links.filter(engagement=self.client(firm), state="pending").order_by("created_at").last()
        if link and link.is_open:
            self.tries(firm, lambda: let_in(link, "Någon Ny"))

    @rule(firm=FIRMS, email=st.sampled_from([ASA, BO]))
    def approve(self, firm: str, email: str) -> None:
        actor = self.person(email)
        sha = text_for(self.client(firm).firm, "sv").sha256
        if actor:
            self.tries(firm, lambda: cases.approve_consent(actor, self.client(firm), text_sha256=sha))

    @rule(firm=FIRMS, email=st.sampled_from([ASA, BO]))
    def decline(self, firm: str, email: str) -> None:
        actor = self.person(email)
        if actor:
            self.tries(firm, lambda: cases.decline_consent(actor, self.client(firm)))

    @rule(firm=FIRMS, by_firm=st.booleans())
    def withdraw(self, firm: str, by_firm: bool) -> None:
        actor = self.manager(firm) if by_firm else self.person(ASA)
        if actor:
            self.tries(firm, lambda: cases.withdraw_consent(actor, self.client(firm)))

    @rule(firm=FIRMS)
    def send_a_case(self, firm: str) -> None:
        self.world.engagements["delad"] = self.client(firm)
        self.tries(firm, lambda: write(self.world, self.manager(firm), "delad", "question", "En fråga", days=None))

    @rule(firm=FIRMS, renew=st.booleans())
    def publish(self, firm: str, renew: bool) -> None:
        actor = self.manager(firm)
        after = tenancy.newest_version(actor.firm)
        words = {"sv": f"## Version {after + 1}", "en": f"## Version {after + 1} in English"}
        self.tries(firm, lambda: tenancy.publish_agreement(actor, words, after=after, must_renew=renew),
                   lambda: jobs.ask_anew_of_firm(str(actor.firm.pk)))  # fmt: skip

    @rule(firm=FIRMS)
    def add_a_second_owner(self, firm: str) -> None:
        actor = self.person(ASA)
        if actor:
            named = {"name": "Bo Ek", "email": BO, "role": "owner"}
            self.tries(firm, lambda: let_in(tenancy.add_colleague(actor, self.client(firm), **named), "Bo Ek"))

    @rule(firm=FIRMS, who=st.sampled_from([ASA, BO]), by=st.sampled_from([ASA, BO]))
    def remove_a_person(self, firm: str, who: str, by: str) -> None:
        actor = self.person(by)
        rows = Membership.objects.unscoped(why="a law").select_related("engagement", "firm", "user")
        member = rows.filter(engagement=self.client(firm), user__email=who, ended_at=None).first()
        if actor and member:
            self.tries(firm, lambda: tenancy.end_access(actor, member))

    @precondition(lambda self: self.now.year < 2029)
    @rule(days=st.sampled_from([1, 6, 14, 31, 62]))
    def time_goes(self, days: int) -> None:
        """Both firms' clocks go; the sweep runs, twice."""
        self.acting, self.before = "both", {}
        self.now += days * DAY
        self.clock.stop()
        self.clock = time_machine.travel(self.now, tick=False)
        self.clock.start()
        for _time in range(2):
            jobs.follow_up_consents()

    # The laws

    @invariant()
    def nothing_of_the_other_firm_moves(self) -> None:
        for firm, seen in self.before.items():
            assert self.look(firm) == seen, (self.acting, firm)

    @invariant()
    def the_history_only_grows_and_its_copies_follow_from_it(self) -> None:
        for firm in STAFF:
            steps, known = self.steps(firm), self.histories[firm]
            assert steps[: len(known)] == known
            assert [step[1] for step in steps] == list(range(1, len(steps) + 1))
            self.histories[firm] = steps
            client, anew = self.client(firm), Engagement(consent=Step.NONE)
            rows = Consent.objects.unscoped(why="a law").select_related("text").filter(engagement=client)
            for one in rows.order_by("seq"):
                keep_copies(anew, one, one.text.version, client.name if one.side == CLIENT else client.firm.name)
            copies = [{name: getattr(row, name) for name in COPIES} for row in (client, anew)]
            assert copies[0] == copies[1]

    @invariant()
    def each_step_may_follow_the_one_before(self) -> None:
        for firm in STAFF:
            held, asked = False, False
            for step in [one[2] for one in self.steps(firm)]:
                if step == "invited":
                    assert not held
                elif step in ("renewal", "withdrawn"):
                    assert held
                else:
                    assert asked, step
                asked = step in ("invited", "renewal", "reminded")
                held = step == "approved" or (held and step in ("renewal", "reminded"))

    @invariant()
    def no_case_is_open_without_consent_and_none_waits_with_it(self) -> None:
        for firm in STAFF:
            client = self.client(firm)
            rows = Case.objects.unscoped(why="a law").filter(engagement=client)
            if client.has_consent:
                assert not rows.filter(state=State.AWAITING_CONSENT).exists()
            else:
                assert not rows.filter(state__in=OPEN).exists()

    @invariant()
    def the_menu_is_open_just_by_the_rule(self) -> None:
        for email in (ASA, BO):
            actor = self.person(email)
            for held in actor.memberships if actor else ():
                steps = [one[2] for one in self.steps(held.firm.slug)]
                rows = Case.objects.unscoped(why="a law").filter(engagement=held.engagement_id)
                sent = rows.filter(released_at__isnull=False).exists()
                assert held.menu_is_open == ("approved" in steps and sent)

    @invariant()
    def nobody_answers_who_is_not_an_owner_and_the_company_keeps_one(self) -> None:
        for firm in STAFF:
            rows = Membership.objects.unscoped(why="a law").filter(HERE, engagement=self.client(firm), role="owner")
            assert rows.exists()
            answered = Consent.objects.unscoped(why="a law").filter(engagement=self.client(firm), side=CLIENT)
            assert set(answered.values_list("role", flat=True)) <= {"owner"}


@pytest.mark.django_db
def test_the_laws_of_consent_hold_in_any_order(world: Any) -> None:
    Consents.world = find()
    plain = Consents.TestCase

    class RolledBack(Consents):
        """Each example begins with the cast as it is."""

        def __init__(self) -> None:
            super().__init__()
            self.point = transaction.savepoint()

        def teardown(self) -> None:
            super().teardown()
            transaction.savepoint_rollback(self.point)

    how = settings(max_examples=8, stateful_step_count=12, deadline=None, phases=[Phase.generate, Phase.explicit],
                   suppress_health_check=list(HealthCheck))  # fmt: skip
    assert plain
    assert connection.in_atomic_block
    run_state_machine_as_test(RolledBack, settings=how)
