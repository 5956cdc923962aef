"""The operator's access: no back door, nothing of a case on the command line, and support only when a firm lets it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from samsyn.cases.models import AccessLog, Attachment, Case, Event, ReadMark
from samsyn.demo.world import write
from samsyn.kit.gate import tenant_models
from samsyn.tenancy import actions
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import Firm, Membership, User
from samsyn.tenancy.security import SecurityLog
from samsyn.tenancy.support import SupportWindow
from samsyn.web.doors import routes
from tests.pressing import press, soup
from tests.support import HELPER, let_in
from tests.test_doors import CASES, CLIENT, FIRM, VERBS, address

pytestmark = pytest.mark.django_db
MANAGER, CONSULTANT, OWNER = "ansvarig@demobyran.example", "konsult@demobyran.example", "agare@demokund.example"
RIVAL = "konsult@rivalbyran.example"
PAGE, DESK, LOG = "/byra/demobyran/installningar/support/", "/byra/demobyran/", "/byra/demobyran/installningar/logg/"
# What support reads; everything else of a firm is refused.
READS = {
    "/byra/<slug:firm>/", "/byra/<slug:firm>/arenden/", "/byra/<slug:firm>/arenden/<slug:ref>/",
    "/byra/<slug:firm>/kunder/", "/byra/<slug:firm>/kunder/<uuid:pk>/", "/byra/<slug:firm>/medarbetare/",
    "/byra/<slug:firm>/logotyp/",
}  # fmt: skip


def text(response: Any) -> str:
    return " ".join(soup(response).get_text(" ", strip=True).replace("\u2068", "").replace("\u2069", "").split())


def told() -> list[str]:
    rows = SecurityLog.objects.unscoped(why="the tests read it").filter(what="support").order_by("at", "id")
    return [f"{one.name}|{one.words}|{one.by}" for one in rows]


def case_of(world: Any, subject: str) -> str:
    return f"/byra/demobyran/arenden/{world.cases[subject].ref}/"


# The operator


def test_there_is_no_admin() -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert not [route for route, _view in routes() if "admin" in route]


COMMANDS = [
    ("firm", "provider", "list"), ("support", "list"), ("sweeps",), ("check",), ("secretkey", "reseal"),
    ("showmigrations", "tenancy"), ("firm", "add", "demobyran", "--name", "X", "--number", "559999-0016", "--manager",
                                    "x@demobyran.example"),
    ("firm", "add", "nybyran", "--name", "Nya", "--number", "559999-0016", "--manager", "x@nybyran.example"),
    ("support", "add", "Sanna Stöd", "sanna@support.example"), ("support", "remove", "sanna@support.example"),
    ("person", "reset-factors", OWNER),
]  # fmt: skip


def test_no_command_of_the_operator_tells_of_a_case(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    for words in COMMANDS:
        try:
            call_command(*words, stdout=out, stderr=out)
        except CommandError as error:
            out.write(str(error))
    said = out.getvalue() + capsys.readouterr().out
    assert "nybyran" in said
    rows = Case.objects.unscoped(why="whatever a case says")
    words = {one for case in rows for one in (case.subject, case.message, case.ref) if len(one) > 3}
    words |= set(Attachment.objects.unscoped(why="whatever a file is called").values_list("name", flat=True))
    assert len(words) > 50
    assert not [one for one in words if one in said]


def test_every_own_command_is_walked() -> None:
    from django.core.management import get_commands

    own = {name for name, app in get_commands().items() if str(app).startswith("samsyn")}
    # The demo makes the world; walls prints what a migration must hold.
    assert own - {"demo", "walls"} == {words[0] for words in COMMANDS} - {"check", "showmigrations"}


def test_a_login_for_support_is_used_for_nothing_else(world: Any) -> None:
    with pytest.raises(CommandError, match="login of its own"):
        call_command("support", "add", "Elin", OWNER)
    with pytest.raises(CommandError, match="no support login"):
        call_command("support", "remove", OWNER)
    assert not User.objects.get(email=OWNER).supports


def test_a_login_for_support_opens_nothing_by_itself(visit: Any, world: Any) -> None:
    call_command("support", "add", "Sanna Stöd", HELPER, stdout=io.StringIO())
    helper = visit(HELPER)
    for path in (DESK, "/byra/rivalbyran/", "/kund/demokund/", case_of(world, "Kontoutdrag för november")):
        assert (helper.get(path).status_code, helper.post(path).status_code) in ((404, 404), (404, 405))
    assert helper.get("/").status_code == 200
    assert told() == []


# The window


def test_a_manager_lets_somebody_in_and_ends_it(visit: Any, world: Any) -> None:
    actions.add_support("Sanna Stöd", HELPER)
    manager, helper = visit(MANAGER), visit(HELPER)
    page = manager.get(PAGE)
    done = press(manager, page, "Släpp in", email=HELPER, reason="Importen stannar", hours="2")
    assert done.status_code == 302
    shown = manager.get(PAGE)
    assert "Sanna Stöd till" in text(shown)
    assert "Importen stannar" in text(shown)
    assert helper.get("/").headers["Location"] == DESK
    seen = helper.get(DESK)
    assert "Du läser här som support till" in text(seen)
    assert press(manager, shown, "Avsluta nu Sanna Stöd").status_code == 302
    assert helper.get(DESK).status_code == 404
    assert "avslutat av Maria Sundfalk" in text(manager.get(PAGE))
    assert told() == [
        "Sanna Stöd|Släpptes in för att läsa: Importen stannar|Maria Sundfalk",
        "Sanna Stöd|Öppnade /byra/demobyran/|",
        "Sanna Stöd|Åtkomsten är avslutad|Maria Sundfalk",
    ]


def test_it_closes_by_itself_after_its_hours_and_there_are_never_more_than_eight(visit: Any, world: Any) -> None:
    let_in(world, hours=8)
    helper, now = visit(HELPER), timezone.now()
    with time_machine.travel(now + dt.timedelta(hours=7, minutes=59)):
        assert visit(HELPER).get(DESK).status_code == 200
    with time_machine.travel(now + dt.timedelta(hours=8, minutes=1)):
        assert visit(HELPER).get(DESK).status_code == 404
    manager = visit(MANAGER)
    for hours in ("9", "0", "-1", "x", ""):
        assert manager.post(PAGE, {"email": HELPER, "reason": "Längre", "hours": hours}).status_code == 422
    assert SupportWindow.objects.visible_to(world.manager).count() == 1
    assert helper.get(DESK).status_code == 200


@pytest.mark.parametrize("email", [OWNER, CONSULTANT, RIVAL, "ingen@nagonstans.example"])
def test_an_address_that_is_no_support_login_is_told_nothing_of(visit: Any, world: Any, email: str) -> None:
    manager = visit(MANAGER)
    answer = manager.post(PAGE, {"email": email, "reason": "Hjälp oss", "hours": "1"})
    assert answer.status_code == 422
    assert "Det är inte adressen till någon som ger support." in text(answer)
    for typed in (email, "Hjälp oss"):
        assert typed in answer.content.decode()
    assert not SupportWindow.objects.visible_to(world.manager).exists()


def test_without_a_reason_nobody_comes_in(visit: Any, world: Any) -> None:
    actions.add_support("Sanna Stöd", HELPER)
    assert visit(MANAGER).post(PAGE, {"email": HELPER, "reason": " ", "hours": "1"}).status_code == 422


def test_only_managers_let_in_and_nobody_ends_another_firms_window(visit: Any, world: Any) -> None:
    window = let_in(world)
    consultant = visit(CONSULTANT)
    assert (consultant.get(PAGE).status_code, consultant.post(PAGE, {"end": str(window.pk)}).status_code) == (403, 403)
    for stranger in (OWNER, RIVAL):
        assert visit(stranger).post(PAGE, {"end": str(window.pk)}).status_code == 404
    other = User.objects.get(email=RIVAL)
    rival = world.staff(other.email, "rivalbyran")
    assert not SupportWindow.objects.visible_to(rival).exists()
    assert visit(MANAGER).post(PAGE, {"end": "x"}).status_code == 404
    assert visit(HELPER).get(DESK).status_code == 200


def test_a_login_that_is_taken_away_is_out_at_once(visit: Any, world: Any) -> None:
    window, helper = let_in(world), visit(HELPER)
    assert helper.get(DESK).status_code == 200
    call_command("support", "remove", HELPER, stdout=io.StringIO())
    assert helper.get(DESK).status_code != 200
    window.refresh_from_db()
    assert window.ended_at is not None


# What support reads


def test_support_reads_what_the_table_says_and_every_press_is_refused(visit: Any, world: Any) -> None:
    let_in(world)
    helper = visit(HELPER)
    for route, view in routes():
        if route not in FIRM:
            continue
        path = address(world, route)
        paths = [path.replace("/meddelande/", f"/{verb}/") for verb in VERBS] if "<slug:verb>" in route else [path]
        for here in paths:
            if "GET" in view.methods:
                expected = {404} if route.endswith("/logotyp/") else {200} if route in READS else {403}
                assert helper.get(here).status_code in expected, here
            if "POST" in view.methods:
                assert helper.post(here, {"text": "hej", "do": "remind"}).status_code == 403, here
    for route in sorted(CLIENT | CASES):
        path = address(world, route)
        assert {helper.get(path).status_code, helper.post(path).status_code} <= {404, 405}, path


def test_nothing_is_changed_by_reading_but_what_tells_of_it(visit: Any, world: Any) -> None:
    let_in(world)
    helper, here = visit(HELPER), case_of(world, "Kontoutdrag för november")
    counted = [model for model in tenant_models() if model not in (SecurityLog, AccessLog)]

    def counts() -> list[int]:
        return [model.objects.unscoped(why="how many").count() for model in counted]

    before = counts()
    for path in (DESK, here, "/byra/demobyran/arenden/?vy=alla", "/byra/demobyran/kunder/"):
        assert helper.get(path).status_code == 200
    assert counts() == before
    assert ReadMark in counted
    assert Event in counted
    (opened,) = AccessLog.objects.visible_to(world.manager).filter(name="Sanna Stöd")
    assert (opened.what, opened.side) == ("opened", "firm")
    assert f"Sanna Stöd|Öppnade {here}|" in told()
    assert f"Öppnade {here}" in text(visit(MANAGER).get(f"{LOG}?visa=support"))


def test_no_note_no_confidential_case_and_no_draft_is_seen_anywhere(visit: Any, world: Any) -> None:
    case = world.cases["Kontoutdrag för november"]
    manager = visit(MANAGER)
    manager.post(f"{case_of(world, case.subject)}gor/anteckning/", {"text": "Bara mellan oss"})
    assert "Bara mellan oss" in text(manager.get(case_of(world, case.subject)))
    draft = write(world, world.manager, "demokund", "question", "Inte skickat än", send=False)
    let_in(world)
    helper = visit(HELPER)
    seen = text(helper.get(case_of(world, case.subject)))
    assert case.subject in seen
    assert "Bara mellan oss" not in seen
    for hidden in (world.cases["Ägarens lön"], draft):
        assert helper.get(f"/byra/demobyran/arenden/{hidden.ref}/").status_code == 404
    client = world.engagements["demokund"].pk
    for path in (DESK, "/byra/demobyran/arenden/?vy=alla", "/byra/demobyran/arenden/?vy=utkast",
                 "/byra/demobyran/arenden/?vy=alla&q=lön", f"/byra/demobyran/kunder/{client}/"):  # fmt: skip
        page = text(helper.get(path))
        assert "Ägarens lön" not in page
        assert "Inte skickat än" not in page
        assert "Bara mellan oss" not in page


def test_no_original_and_no_copy_leaves(visit: Any, world: Any) -> None:
    let_in(world)
    helper, case = visit(HELPER), world.cases["Kontoutdrag för november"]
    file = Attachment.objects.visible_to(world.manager).filter(case=case).first()
    for end in (f"fil/{file.pk}/", "kopia/"):
        answer = helper.get(f"/byra/demobyran/arenden/{case.ref}/{end}")
        assert answer.status_code == 403
        assert "Support läser bara sidor" in text(answer)
    assert told()[-1] == f"Sanna Stöd|Nekades /byra/demobyran/arenden/{case.ref}/kopia/|"


def test_a_window_at_one_firm_is_none_at_another(visit: Any, world: Any) -> None:
    let_in(world)
    assert visit(HELPER).get("/byra/rivalbyran/").status_code == 404


def test_a_firm_that_demands_a_second_step_demands_it_of_support(visit: Any, world: Any) -> None:
    Firm.objects.filter(pk=world.firm.pk).update(second_factor_staff=True)
    let_in(world)
    answer = visit(HELPER).get(DESK)
    assert answer.status_code == 403
    assert "Byrån kräver ett andra steg." in text(answer)


def test_support_has_the_sessions_of_staff(world: Any) -> None:
    let_in(world)
    helper = Client()
    helper.force_login(User.objects.get(email=HELPER), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert helper.get(DESK).status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        assert helper.get(DESK).status_code == 302


def test_a_support_login_is_taken_in_nowhere(world: Any) -> None:
    """Else it would be somebody's place at a firm and a way to read others."""
    actions.add_support("Sanna Stöd", HELPER)
    invitation = actions.add_staff(world.manager, name="Sanna Stöd", email=HELPER, role="manager")
    with pytest.raises(Refused):
        actions.accept_invitation(invitation, user=User.objects.get(email=HELPER))
    with pytest.raises(Refused):
        actions.accept_invitation(invitation, user=None, name="Sanna", password="ett-långt-lösenord")
    assert not Membership.objects.visible_to(world.manager).filter(user__email=HELPER).exists()
