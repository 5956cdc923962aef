"""Row-level security, asked with bare SQL as a web server's role would: what a forgotten filter can reach."""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

import samsyn
from samsyn.cases.actions import save_draft_case, send_to_many
from samsyn.cases.models import Case, Draft
from samsyn.demo.world import write
from samsyn.kit.gate import tenant_models
from samsyn.kit.ids import uuid7
from samsyn.kit.queue import DAILY, SWEEPS
from samsyn.tenancy.walls.roles import check_walls
from samsyn.tenancy.walls.sql import sql_of, table_of
from samsyn.tenancy.walls.standing import Trespass, behind, in_firm
from samsyn.tenancy.walls.table import TABLE
from tests.walls import ROLE, build, nothing_outside

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has row-level security")
NAMES = ("user_id", "side", "firm_id", "engagement_ids")
DEMO, RIVAL = "demobyran", "rivalbyran"


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def stand(**told: str) -> None:
    """Behind the wall as a web server's role, with these settings and no others."""
    ask(f"SET LOCAL ROLE {ROLE}")
    for name in NAMES:
        ask(f"SELECT set_config('app.{name}', %s, true)", told.get(name, ""))


def firms_seen(table: str = "cases_case") -> set[Any]:
    return {firm for (firm,) in ask(f"SELECT DISTINCT firm_id FROM {table}")}  # noqa: S608


@pytest.fixture
def walls(world: Any) -> Iterator[Any]:
    """The cast, with what is known of it before the wall is up."""
    build()
    world.rival = world.staff("konsult@rivalbyran.example", RIVAL).firm
    world.client_settings = settings_of_client(world)
    yield world
    ask("RESET ROLE")


def settings_of_client(world: Any) -> dict[str, str]:
    ids = ",".join(str(one) for one in world.owner.engagement_ids)
    return {"user_id": str(world.owner.user.pk), "side": "client", "engagement_ids": f"{{{ids}}}"}


def test_the_walls_in_the_database_are_those_of_the_table(db: None) -> None:
    def standing() -> list[tuple[Any, ...]]:
        policies = ask(
            "SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2"
        )
        forced = ask(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = ANY (%s) ORDER BY 1",
            [model._meta.db_table for model in tenant_models()],
        )
        return policies + forced

    migrated = standing()
    for model in tenant_models():
        ask(sql_of(model._meta.label))
        assert standing() == migrated, f"put this into a migration:\n{sql_of(model._meta.label)}"


def test_nobody_is_shown_anything(walls: Any) -> None:
    stand()
    for label in TABLE:
        assert ask(f"SELECT * FROM {table_of(label)}") == [], label  # noqa: S608


def test_a_setting_that_was_never_made_is_no_fault(walls: Any) -> None:
    ask(f"SET LOCAL ROLE {ROLE}")
    ask("RESET app.firm_id")
    assert ask("SELECT * FROM cases_case") == []


@pytest.mark.parametrize("side", ["firm", "system"])
def test_a_firm_is_shown_its_own_whatever_the_query_forgot(walls: Any, side: str) -> None:
    tables = [table_of(label) for label in TABLE]
    everything = {table: firms_seen(table) for table in tables}
    stand(side=side, firm_id=str(walls.firm.pk))
    for table in tables:
        assert firms_seen(table) == everything[table] & {walls.firm.pk}, table


def test_a_client_is_shown_its_own_engagements_and_no_other_of_the_same_firm(walls: Any) -> None:
    own = set(walls.owner.engagement_ids)
    assert len({one for (one,) in ask("SELECT engagement_id FROM cases_case")}) > len(own)
    stand(**walls.client_settings)
    for table in ("cases_case", "cases_event", "cases_attachment", "tenancy_consent", "cases_draft"):
        assert {one for (one,) in ask(f"SELECT engagement_id FROM {table}")} <= own, table  # noqa: S608
    assert {one for (one,) in ask("SELECT id FROM tenancy_engagement")} == own
    assert {one for (one,) in ask("SELECT DISTINCT engagement_id FROM cases_case")} == own


def test_a_client_is_not_shown_what_is_the_firms_alone(walls: Any) -> None:
    notes, own = "SELECT count(*) FROM cases_event WHERE audience = 'firm'", list(walls.owner.engagement_ids)
    ((before,),) = ask(f"{notes} AND engagement_id = ANY (%s)", own)
    ((all_events,),) = ask("SELECT count(*) FROM cases_event WHERE engagement_id = ANY (%s)", own)
    assert before
    stand(**walls.client_settings)
    assert ask(notes) == [(0,)]
    assert ask("SELECT count(*) FROM cases_event") == [(all_events - before,)]
    for table in ("tenancy_importrun", "tenancy_stagedrow", "tenancy_securitylog", "cases_counter", "cases_accesslog"):
        assert ask(f"SELECT * FROM {table}") == [], table  # noqa: S608


def test_a_client_is_not_shown_what_somebody_at_the_firm_is_writing(walls: Any) -> None:
    case, member = walls.cases["Kontoutdrag för november"], walls.manager.membership
    Draft.objects.create(firm_id=case.firm_id, engagement_id=case.engagement_id, case=case, membership=member)
    stand(**walls.client_settings)
    assert ask("SELECT * FROM cases_draft WHERE membership_id = %s", member.pk) == []


def test_before_a_side_is_known_a_person_is_shown_the_own_memberships_and_what_these_name(walls: Any) -> None:
    person = walls.owner.user.pk
    held = {(one, of) for one, of in ask("SELECT id, engagement_id FROM tenancy_membership WHERE user_id = %s", person)}
    stand(user_id=str(person))
    assert {(one, of) for one, of in ask("SELECT id, engagement_id FROM tenancy_membership")} == held
    named = {of for _one, of in held if of}
    assert {one for (one,) in ask("SELECT id FROM tenancy_engagement")} == named
    assert {one for (one,) in ask("SELECT DISTINCT engagement_id FROM tenancy_consent")} == named
    for label in set(TABLE) - {"tenancy.Membership", "tenancy.Engagement", "tenancy.Consent"}:
        assert ask(f"SELECT * FROM {table_of(label)}") == [], label  # noqa: S608


def test_one_connection_serves_two_firms_a_client_and_nobody_in_turn(transactional_db: None, cast: None) -> None:
    from samsyn.demo.world import find

    build()
    world = find()
    rival = world.staff("konsult@rivalbyran.example", RIVAL).firm
    client = settings_of_client(world)
    backend = ask("SELECT pg_backend_pid()")
    for told, seen in (
        ({"side": "firm", "firm_id": str(world.firm.pk)}, {world.firm.pk}),
        ({"side": "firm", "firm_id": str(rival.pk)}, {rival.pk}),
        (client, {world.firm.pk}),
        ({}, set()),
        ({"side": "system", "firm_id": str(rival.pk)}, {rival.pk}),
        ({}, set()),
    ):
        with transaction.atomic():
            stand(**told)
            assert firms_seen("tenancy_engagement") == seen, told
        assert left_behind() == [""] * len(NAMES)
    assert ask("SELECT pg_backend_pid()") == backend


def left_behind() -> list[str]:
    """What the settings say on a connection whose transaction is over; the tests' own connection is the owner's."""
    said = [ask(f"SELECT coalesce(current_setting('app.{name}', true), '')")[0][0] for name in NAMES]
    assert ask("SELECT current_user <> %s", ROLE) == [(True,)]
    return ["" if one == "owner" else one for one in said]


def test_a_transaction_that_is_undone_leaves_no_setting(transactional_db: None, cast: None) -> None:
    build()
    with transaction.atomic():
        stand(side="firm", firm_id=str(uuid7()))
        transaction.set_rollback(True)
    assert left_behind() == [""] * len(NAMES)


def refused(sql: str, *values: Any) -> bool:
    return refused_to(lambda: ask(sql, *values))


def refused_to(do: Callable[[], Any]) -> bool:
    """Whether the database itself says no."""
    try:
        with transaction.atomic():
            do()
    except ProgrammingError as error:
        return "row-level security" in str(error) or "permission denied" in str(error)
    return False


def refused_case(firm: Any, engagement: Any) -> bool:
    return refused_to(lambda: Case.objects.create(firm_id=firm, engagement_id=engagement, kind="question"))


def test_no_row_of_another_firm_can_be_added_changed_or_taken_away(walls: Any) -> None:
    ((theirs,),) = ask("SELECT id FROM tenancy_engagement WHERE firm_id = %s LIMIT 1", walls.rival.pk)
    stand(side="firm", firm_id=str(walls.firm.pk))
    assert refused_case(walls.rival.pk, theirs)
    assert not refused_case(walls.firm.pk, walls.engagements["demokund"].pk)
    assert refused("UPDATE cases_case SET firm_id = %s", walls.rival.pk)
    assert ask("UPDATE tenancy_engagement SET name = 'x' WHERE id = %s", theirs) == [(0,)]
    assert ask("DELETE FROM tenancy_engagement WHERE id = %s", theirs) == [(0,)]


def test_a_client_can_write_in_its_own_engagement_alone_and_under_its_own_firm(walls: Any) -> None:
    own = walls.engagements["demokund"].pk
    ((other,),) = ask(
        "SELECT id FROM tenancy_engagement WHERE firm_id = %s AND NOT id = ANY (%s) LIMIT 1",
        walls.firm.pk, list(walls.owner.engagement_ids),
    )  # fmt: skip
    stand(**walls.client_settings)
    assert not refused_case(walls.firm.pk, own)
    assert refused_case(walls.firm.pk, other)
    assert refused_case(walls.rival.pk, own)
    assert ask("UPDATE tenancy_engagement SET name = 'x' WHERE id = %s", other) == [(0,)]
    assert ask("DELETE FROM cases_case") == [(0,)]
    assert ask("UPDATE tenancy_membership SET role = 'manager' WHERE engagement_id IS NULL") == [(0,)]
    assert refused("INSERT INTO cases_counter (id, firm_id, value) VALUES (%s, %s, 1)", uuid7(), walls.firm.pk)


@pytest.mark.parametrize("table", ["cases_event", "tenancy_consent"])
def test_what_has_happened_can_neither_be_changed_nor_taken_away(walls: Any, table: str) -> None:
    stand(side="firm", firm_id=str(walls.firm.pk))
    assert ask(f"SELECT count(*) > 0 FROM {table}") == [(True,)]  # noqa: S608
    assert refused(f"UPDATE {table} SET name = 'Någon annan'")  # noqa: S608
    assert refused(f"DELETE FROM {table}")  # noqa: S608


def test_saying_that_one_is_the_owner_does_not_make_one_so(walls: Any) -> None:
    stand(side="owner")
    assert ask("SELECT * FROM cases_case") == []


def test_the_functions_that_look_over_the_wall_tell_ids_alone(walls: Any) -> None:
    client, person, case = walls.owner.engagement_ids, walls.owner.user.pk, walls.cases["Kontoutdrag för november"]
    stand()
    assert ask("SELECT samsyn_firms_of(%s)", list(client)) == [([walls.firm.pk],)]
    assert set(client) <= set(ask("SELECT samsyn_clients_of(%s)", person)[0][0])
    assert ask("SELECT samsyn_firm_of_link('no such link')") == [(None,)]
    assert ask("SELECT samsyn_firm_of('cases_case', %s)", case.pk) == [(case.firm_id,)]
    assert ask("SELECT samsyn_firm_of('cases_case', %s)", uuid7()) == [(None,)]
    assert ask("SELECT samsyn_firm_of('tenancy_firm', %s)", case.firm_id) == [(None,)]
    assert ask("SELECT current_setting('app.side', true)") == [("",)]


# Behind the doors


def told(person: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = person.get(path).json()
    return found


@pytest.mark.urls("tests.forgetful")
def test_a_view_that_forgets_to_ask_for_whom_shows_nobody_elses(walls: Any, visit: Any) -> None:
    firm, client = str(walls.firm.pk), {str(one) for one in walls.owner.engagement_ids}
    owner, manager = visit("agare@demokund.example"), visit("ansvarig@demobyran.example")
    seen = told(owner, "/kund/demokund/allt/")
    assert (set(seen["clients"]), seen["firms"], seen["notes"]) == (client, [firm], 0)
    seen = told(manager, f"/byra/{DEMO}/allt/")
    assert seen["firms"] == [firm]
    assert seen["notes"]
    assert set(seen["clients"]) > client
    seen = told(visit("konsult@rivalbyran.example"), f"/byra/{RIVAL}/allt/")
    assert seen["firms"] == [str(walls.rival.pk)]
    assert told(owner, "/person/") == {"clients": [], "firms": [], "notes": 0}


@pytest.mark.urls("tests.forgetful")
def test_somebody_with_two_places_is_shown_one_at_a_time(walls: Any, visit: Any) -> None:
    person = visit("dubbel@demokund.example")
    clients = {slug: set(told(person, f"/kund/{slug}/allt/")["clients"]) for slug in ("demokund", "annankund")}
    assert clients["demokund"] == {str(walls.engagements["demokund"].pk)}
    assert clients["annankund"] == {str(walls.engagements["annankund"].pk)}


def cities() -> set[str]:
    return {one for (one,) in ask("SELECT DISTINCT city FROM tenancy_engagement")}


@pytest.mark.urls("tests.forgetful")
def test_a_refusal_keeps_what_was_done_before_it_and_a_fault_undoes_it(
    transactional_db: None, cast: None, visit: Any
) -> None:
    build()
    person = visit("ansvarig@demobyran.example")
    assert person.get(f"/byra/{DEMO}/byt/?how=gone").status_code == 404
    assert "gone" in cities()
    with pytest.raises(ZeroDivisionError):
        person.get(f"/byra/{DEMO}/byt/?how=broken")
    assert "broken" not in cities()
    assert left_behind() == [""] * len(NAMES)


def test_the_system_acts_in_no_firm_that_whoever_is_asking_has_nothing_to_do_with(walls: Any) -> None:
    owner = walls.owner
    with behind(owner):
        with in_firm(walls.firm.pk):
            assert firms_seen("cases_counter") == {walls.firm.pk}
        assert firms_seen("cases_counter") == set()
        with pytest.raises(Trespass), in_firm(walls.rival.pk):
            pass
        assert firms_seen() == {walls.firm.pk}


WAYS = {"in_firm", "at_link", "at_provider", "firms_with"}
# Each place that looks further than the side that is asking, or than no side at all. Another one is a choice.
LOOKS_FURTHER = {
    "cases.jobs.ask_anew_of_firm": "the worker",
    "tenancy.actions.inviting.invite_of_run": "the worker",
    "cases.files.forget": "the log of a file that is thrown away",
    "cases.store.blob_of": "the bytes a firm has already",
    "cases.sweeping.take_unnamed_bytes": "a folder says whose its files are",
    "tenancy.actions.companies._join": "two companies of one person come under one address",
    "tenancy.actions.people.accept_invitation": "who comes in belongs nowhere yet",
    "tenancy.actions.people.invitation_for": "the link says for whom",
    "tenancy.providers.person_behind": "nobody is signed in yet",
    "tenancy.providers.provider_at": "the reference says of which firm",
    "tenancy.hindrances.addresses_of_staff": "an address that is the firm's is no client's",
    "tenancy.register.receiving._check_rows": "the worker",
    "tenancy.register.receiving._move": "the worker",
    "tenancy.security.record": "the log is the firm's, whoever it is about",
}


def test_each_place_that_looks_further_than_its_side_is_named() -> None:
    found = set()
    for file in Path(samsyn.__path__[0]).rglob("*.py"):
        module = ".".join(file.relative_to(samsyn.__path__[0]).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and not module.startswith("tenancy.walls"):
                called = {one.func.id for one in ast.walk(node) if isinstance(one, ast.Call)
                          and isinstance(one.func, ast.Name)}  # fmt: skip
                found |= {f"{module}.{node.name}"} if called & WAYS else set()
    assert found == set(LOOKS_FURTHER)


@pytest.mark.parametrize("sweep", [*SWEEPS.values(), *DAILY.values()])
def test_what_the_worker_does_by_itself_asks_nothing_outside_the_walls(walls: Any, sweep: str) -> None:
    case = write(walls, walls.manager, "demokund", "question", "Nytt")
    waiting = walls.engagements["utansamtycke"]
    send_to_many(walls.manager, save_draft_case(
        walls.manager, None, engagement=case.engagement, kind="question", subject="Till flera", request=case.request,
    ), [case.engagement.pk, waiting.pk])  # fmt: skip
    with time_machine.travel(timezone.now() + dt.timedelta(days=40)), nothing_outside():
        import_string(sweep)()


# Who comes to the database


def test_the_check_says_when_what_serves_the_pages_is_above_the_walls(db: None, settings: Any) -> None:
    settings.DATABASE_WEB_USER = connection.settings_dict["USER"]
    assert [one.id for one in check_walls(["default"])] == ["samsyn.W001"]
    settings.DATABASE_WEB_USER = ROLE
    assert check_walls(["default"]) == []
    ask("ALTER TABLE cases_case NO FORCE ROW LEVEL SECURITY")
    (warning,) = check_walls(["default"])
    assert (warning.id, "cases_case" in warning.msg) == ("samsyn.W002", True)


@pytest.mark.slow
@pytest.mark.parametrize("roles", [1, 2])
def test_an_installation_is_made_as_the_readme_says_and_pages_are_held_by_the_walls(
    transactional_db: None, tmp_path: Any, roles: int
) -> None:
    """With a role for the owner and one for the pages, or with one for both."""
    about = connection.settings_dict
    owner, web, name = "samsyn_test_owner", "samsyn_test_web", f"{about['NAME']}_{roles}"
    host = f"{about['HOST']}:{about['PORT']}/{name}"
    for role in (owner, web):
        with contextlib.suppress(ProgrammingError):
            ask(f"CREATE ROLE {role} LOGIN")
    ask(f"DROP DATABASE IF EXISTS {name}")
    ask(f"CREATE DATABASE {name} OWNER {owner}")
    addresses = {"DATABASE_URL": f"postgresql://{web if roles == 2 else owner}@{host}"}
    addresses |= {"DATABASE_OWNER_URL": f"postgresql://{owner}@{host}"} if roles == 2 else {}
    env = {**os.environ, "SAMSYN_VAR": str(tmp_path), **addresses}

    def run(*command: str) -> str:
        done = subprocess.run([sys.executable, *command], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    try:
        run("-m", "samsyn", "migrate", "-v0")
        run("-m", "samsyn", "createcachetable")
        run("-m", "samsyn", "firm", "add", "byran", "--name", "Byrån", "--number", "559999-0016", "--manager", MAIL)
        assert "W00" not in run("-m", "samsyn", "check", "--database", "default")
        assert run("-c", SERVED).split() == ["0", "1", "0", "1" if roles == 1 else "refused"]
    finally:
        ask(f"DROP DATABASE {name} WITH (FORCE)")


MAIL = "anna@byran.example"
# What a process that serves pages finds: nothing by itself, its firm's own as the system of it, and nothing afterwards.
SERVED = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "samsyn.settings"
django.setup()
from django.db import ProgrammingError, connection
from samsyn.tenancy.models import Firm, Invitation
from samsyn.tenancy.walls.standing import in_firm
from django.core.cache import cache
from samsyn.kit import letters
cache.set("a", 1)
letters.sweep()
count = lambda: Invitation.objects.unscoped(why="a test").count()
print(count())
with in_firm(Firm.objects.get().pk):
    print(count())
print(count())
try:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_event SET name = 'x'")
    print(1)
except ProgrammingError:
    print("refused")
"""
