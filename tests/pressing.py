"""Pressing a button of a page as a browser does: with everything that stands in its form, hidden or typed."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag


def soup(page: Any) -> BeautifulSoup:
    """A response, or what is already parsed."""
    return page if isinstance(page, BeautifulSoup) else BeautifulSoup(page.content.decode(), "html.parser")


def fields_of(form: Tag) -> dict[str, list[str]]:
    """What the form posts as it stands, files apart."""
    told: dict[str, list[str]] = {}
    for one in form.select("input[name], textarea[name], select[name]"):
        kind, name = one.get("type", ""), str(one["name"])
        if kind in ("file", "submit") or (kind in ("checkbox", "radio") and not one.has_attr("checked")):
            continue
        if one.name == "select":
            chosen = one.select("option[selected]") or one.select("option")[:1]
            told.setdefault(name, []).extend(str(option.get("value", "")) for option in chosen)
        else:
            empty = "on" if kind in ("checkbox", "radio") else ""
            value = one.text.removeprefix("\n") if one.name == "textarea" else one.get("value", empty)
            told.setdefault(name, []).append(str(value))
    return told


def button(page: Any, words: str) -> Tag:
    """The button with these words on it, or this value."""
    main = soup(page).select_one("main")
    assert main is not None
    found = [
        one for one in main.select("button") if one.get("value") == words or one.get_text(" ", strip=True) == words
    ]
    assert found, (words, [one.get_text(" ", strip=True) for one in main.select("button")])
    return found[0]


def press(person: Any, page: Any, words: str, **typed: Any) -> Any:
    """Press the button on `page`, with what has been `typed` in its form since. Gives the answer, not followed."""
    one = button(page, words)
    form = one.find_parent("form")
    assert form is not None
    posted: dict[str, Any] = {**fields_of(form), **typed}
    if one.get("name"):
        posted[str(one["name"])] = one.get("value", "")
    address = one.get("formaction") or form.get("action") or page.request["PATH_INFO"]
    return person.post(str(address), posted)
