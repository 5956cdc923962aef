"""The firm's keys in a browser: each does its one thing, and nothing in a field, in a dialog, or when turned off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from samsyn.cases.models import Case, Event
from samsyn.tenancy.models import User
from tests.test_walk import Screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANAGER, DESK = "ansvarig@demobyran.example", "/byra/demobyran/"
REVIEWED, LATE = "Kontoutdrag för november", "Kvitton som saknas för december"


@pytest.fixture
def firm(browser: Any, live_server: Any, cast: None) -> Iterator[Screen]:
    screen = Screen(browser, live_server.url, 1440)
    screen.sign_in(MANAGER)
    yield screen
    assert not screen.faults
    screen.context.close()


def go(firm: Screen, path: str) -> None:
    firm.page.goto(f"{firm.base}{DESK}{path}")


def press(firm: Screen, *keys: str) -> None:
    for key in keys:
        firm.page.keyboard.press(key)


def press_and_land(firm: Screen, key: str) -> None:
    """Press a key that leads to another page."""
    with firm.page.expect_navigation():
        press(firm, key)


def here(firm: Screen) -> str:
    """The words of the row one stands on, or ''."""
    row = firm.page.locator("[data-walk] > [data-here]")
    return row.inner_text() if row.count() else ""


def focused(firm: Screen) -> str:
    """The id of what has the focus."""
    return str(firm.page.evaluate("document.activeElement.id"))


def case_called(subject: str) -> Case:
    found: Case = Case.objects.unscoped(why="the test looks at what is stored").get(subject=subject)
    return found


def cases_with(verb: str) -> list[str]:
    rows = Event.objects.unscoped(why="the test looks at what is stored").filter(verb=verb)
    return sorted(rows.values_list("case__subject", flat=True))


def test_the_keys_move_mark_open_and_find_in_the_table_and_rest_in_fields_and_dialogs(firm: Screen) -> None:
    go(firm, "arenden/?vy=alla&sortera=arende")
    rows = firm.page.locator("tbody tr").all_inner_texts()
    press(firm, "j")
    assert here(firm) == rows[0]
    press(firm, "j", "j", "k")
    assert here(firm) == rows[1]
    press(firm, "x")
    assert firm.page.locator("[data-selection]").inner_text().startswith("1 marker")
    press(firm, "Escape")
    assert not firm.page.locator("[data-selection]").is_visible()

    # In a field they are letters.
    press(firm, "/")
    assert focused(firm) == "q"
    press(firm, "j", "x", "n", "?")
    assert firm.page.locator("#q").input_value() == "jxn?"
    assert here(firm) == rows[1]
    firm.page.locator("#q").fill("")
    firm.page.locator("h1").click()
    press(firm, "f")
    assert firm.page.evaluate("document.activeElement.closest('.menu[open]') !== null")
    press(firm, "Escape")

    # The list of keys holds every key that is shown on the page, and the keys rest behind it.
    shown = {key.lower() for key in firm.page.locator("main .key, .side .key").all_inner_texts() if key}
    press(firm, "?")
    listed = firm.page.locator("#shortcuts")
    listed.wait_for()
    told = {key.lower() for key in listed.locator(".key").all_inner_texts()}
    assert shown <= told
    assert {*"n/jkxfpdagbm?", "enter", "esc", "1", "5"} <= told
    press(firm, "j", "n")
    assert here(firm) == rows[1]
    press(firm, "Escape")
    assert not listed.is_visible()

    # Each stands in its own control.
    for key in ("n", "/", "f", "p", "d", "a"):
        beside = firm.page.locator(f'[data-key="{key}"] .key, [data-key="{key}"] + .key')
        assert [one.lower() for one in beside.all_text_contents()] == [key]

    # Held with another they are the browser's.
    press(firm, "Control+k", "Alt+j")
    assert here(firm) == rows[1]
    press(firm, "k", "j")
    press_and_land(firm, "Enter")
    assert firm.page.locator("h1").inner_text() in rows[1]


def test_remind_date_and_responsible_take_what_is_marked_else_the_row_one_stands_on(firm: Screen) -> None:
    go(firm, "arenden/?vy=forsenade")
    press(firm, "p", "d")
    assert not firm.page.locator("[data-selection]").is_visible()
    press(firm, "j", "d")
    assert focused(firm) == "due_on"
    firm.page.locator("#due_on").fill("2099-01-14")
    # Enter presses the button beside the field, and not the first of the form, which reminds.
    press_and_land(firm, "Enter")
    assert cases_with("change_due") == [LATE]
    assert cases_with("remind") == []
    go(firm, "arenden/?q=kvitton")
    press(firm, "j", "a")
    assert focused(firm) == "responsible"
    firm.page.locator("#responsible").select_option(label="Jonas Ekelöv")
    press_and_land(firm, "Enter")
    assert cases_with("reassign") == [LATE]
    go(firm, "arenden/?q=kvitton")
    press(firm, "j")
    press_and_land(firm, "p")
    assert cases_with("remind") == [LATE]
    go(firm, "arenden/?vy=oppna&sortera=arende")
    press(firm, "j")
    assert "Löner för januari" not in here(firm)
    firm.page.get_by_label("Markera Löner för januari").check()
    press_and_land(firm, "p")
    assert cases_with("remind") == [LATE, "Löner för januari"]


def test_a_case_is_judged_and_written_from_the_keyboard(firm: Screen) -> None:
    case = case_called(REVIEWED)
    first, second = (row["id"] for row in case.request["documents"])
    go(firm, f"arenden/{case.ref}/")
    # One stands on the first row that nobody has judged.
    press(firm, "j", "k")
    press_and_land(firm, "g")
    assert case_called(REVIEWED).review["rows"] == [{"id": first, "verdict": "accepted", "reason": ""}]
    press(firm, "b")
    reason = firm.page.locator(f"[name=v-reason-{second}]")
    assert reason.evaluate("field => field === document.activeElement")
    firm.page.keyboard.type("gbm")
    assert reason.input_value() == "gbm"
    firm.page.locator("h1").click()
    press(firm, "m")
    assert focused(firm) == "text-meddelande"
    firm.page.locator("h1").click()
    press(firm, "d")
    assert focused(firm) == "due"
    firm.page.locator("h1").click()
    press(firm, "a")
    assert focused(firm) == "resp"
    go(firm, f"arenden/{case_called(LATE).ref}/")
    press_and_land(firm, "p")
    assert cases_with("remind") == [LATE]

    # n begins a new one, and the figures choose its kind.
    press_and_land(firm, "n")
    for key, kind in zip("12345", ("question", "document_request", "approval", "details", "information"), strict=True):
        press(firm, key)
        assert firm.page.locator("input[name=typ]:checked").get_attribute("value") == kind
    press(firm, "/")
    firm.page.keyboard.type("bageri1")
    assert firm.page.locator("input[name=typ]:checked").get_attribute("value") == "information"
    firm.page.keyboard.press("Backspace")
    assert firm.page.locator("[data-pick] li:visible").all_inner_texts()[0].startswith("Bageri Morgonglöd AB")
    press(firm, "Enter")
    assert firm.page.get_by_label("Bageri Morgonglöd AB").is_checked()


def test_nothing_happens_for_one_who_has_turned_the_keys_off(firm: Screen) -> None:
    User.objects.filter(email=MANAGER).update(keys_on=False)
    go(firm, "arenden/?vy=alla")
    press(firm, "j", "x", "p", "d", "f", "/", "n", "?")
    assert not here(firm)
    assert focused(firm) == ""
    assert not firm.page.locator("[open]").count()
    assert firm.page.url.endswith("?vy=alla")
    case = case_called(REVIEWED)
    go(firm, f"arenden/{case.ref}/")
    press(firm, "g", "b", "m", "p")
    assert focused(firm) == ""
    assert not firm.page.locator("[open]").count()
    assert case_called(REVIEWED).review is None
    go(firm, "arenden/nytt/")
    press(firm, "3")
    assert not firm.page.locator("input[name=typ]:checked").count()
