"""Forms whose cleaned data is JSON, and rows inside them that are added and removed without JavaScript.

A form declares `Rows(RowForm, …)` beside its fields. Each row has a short random id that never changes;
the page posts the ids in order under the rows' name, and each field under `<rows>-<id>-<field>`. The
buttons that add and remove are ordinary submit buttons named `do`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samsyn.kit.ids import row_id
from samsyn.kit.text import clean_name

ID = re.compile(r"[0-9a-f]{8}")
SHOWN_BEYOND = 450  # rows above the limit that are still shown, so that too long a list is not lost


@dataclass(frozen=True)
class Rows:
    """The declaration of a list of rows. `paste` names the field that a pasted line fills."""

    form: type[KindForm]
    most: int
    least: int = 0
    label: Any = ""
    add: Any = ""
    row: Any = ""
    paste: str = ""


class BoundRows:
    """The rows of one form: posted ones, stored ones, or empty ones to begin with."""

    def __init__(self, form: KindForm, name: str, rows: Rows, given: list[dict[str, Any]] | None) -> None:
        self.declared, self.name, self.parent = rows, name, form
        self.html_name = form.add_prefix(name)
        self.error = ""
        if form.is_bound:
            posted = getlist(form.data, self.html_name)
            ids = list(dict.fromkeys(one for one in posted if ID.fullmatch(one)))[: rows.most + SHOWN_BEYOND]
            self.forms = [self._row(one, form.data, None) for one in ids]
        else:
            stored = given if given is not None else [{} for _empty in range(max(rows.least, 1))]
            self.forms = [self._row(str(one.get("id") or row_id()), None, one) for one in stored]

    def _row(self, one: str, data: Any, initial: dict[str, Any] | None) -> KindForm:
        row = self.declared.form(data, initial=initial, prefix=f"{self.html_name}-{one}")
        row.row_id = one
        row.path = f"{self.parent.path}{self.name}.{one}."
        row.rebuild()
        return row

    def __iter__(self) -> Iterator[KindForm]:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)

    @property
    def add_value(self) -> str:
        return f"{self.parent.path}{self.name}.add"

    def remove_value(self, row: KindForm) -> str:
        return f"{self.parent.path}{self.name}.remove.{row.row_id}"

    @property
    def paste_value(self) -> str:
        return f"{self.parent.path}{self.name}.paste"

    @property
    def paste_name(self) -> str:
        return f"{self.html_name}-paste"

    def filled(self) -> list[KindForm]:
        """The rows somebody has written in; an empty one among others is nobody's fault."""
        return [row for row in self.forms if not row.is_blank()]

    def check(self) -> bool:
        rows = self.filled()
        fine = not [row for row in rows if not row.is_valid()]
        if len(rows) < self.declared.least:
            self.error = ngettext(
                "Add at least %(count)d row.", "Add at least %(count)d rows.", self.declared.least
            ) % {"count": self.declared.least}
        elif len(rows) > self.declared.most:
            self.error = _("At most %(most)d rows fit in one case. Divide them between two cases.") % {
                "most": self.declared.most
            }
        return fine and not self.error


class KindForm(forms.Form):
    """A form that reads and writes JSON. `rows` are declared as class attributes of type `Rows`."""

    row_sets: ClassVar[dict[str, Rows]] = {}
    names_people: ClassVar[tuple[str, ...]] = ()
    before_people: ClassVar[tuple[tuple[str, Any], ...]] = ()
    required_css_class = ""
    use_required_attribute = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Rows)}
        cls.row_sets = {**cls.row_sets, **own}

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None, prefix: str = "") -> None:
        super().__init__(data, initial=dict(initial or {}), prefix=prefix or None)
        self.given = dict(initial) if initial else None
        self.row_id, self.path = "", ""
        self.people: list[tuple[str, str]] = []
        self.rebuild()

    def rebuild(self) -> None:
        """Make the rows, once the form knows where it stands."""
        self.rows = {
            name: BoundRows(self, name, declared, self._given_rows(name)) for name, declared in self.row_sets.items()
        }

    def _given_rows(self, name: str) -> list[dict[str, Any]] | None:
        return list(self.given[name]) if self.given and name in self.given else None

    def name_people(self, people: Sequence[tuple[str, str]]) -> None:
        """Offer these (membership id, name) wherever the form names persons."""
        self.people = list(people)
        for name in self.names_people:
            chooser = self.fields[name]
            chooser.choices = [*self.before_people, *people]  # type: ignore[attr-defined]

    def add_prefix(self, field_name: str) -> str:
        return f"{self.prefix}-{field_name}" if self.prefix else field_name

    def is_valid(self) -> bool:
        fine = super().is_valid()
        return all([fine, *[rows.check() for rows in self.rows.values()]])

    def is_blank(self) -> bool:
        """Whether nobody has written in it. A choice that is always set says nothing."""
        written = [
            value
            for name, value in self.typed().items()
            if name != "id"
            and name not in self.rows
            and not isinstance(self.fields[name], forms.ChoiceField)
            and not isinstance(self.fields[name], forms.BooleanField)
        ]
        return not any(written) and all(row.is_blank() for rows in self.rows.values() for row in rows)

    def encoded(self) -> dict[str, Any]:
        """The JSON to store. Call after `is_valid`."""
        own = {"id": self.row_id} if self.row_id else {}
        rows = {name: [row.encoded() for row in bound.filled()] for name, bound in self.rows.items()}
        return {**own, **self.cleaned_data, **rows}

    def typed(self) -> dict[str, Any]:
        """What is written, as it is written: for a draft, and to show again unchanged."""
        if not self.is_bound:
            raw = {name: self.initial.get(name, "") for name in self.fields}
        else:
            raw = {
                name: storable(field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name)))
                for name, field in self.fields.items()
            }
        own = {"id": self.row_id} if self.row_id else {}
        return {**own, **raw, **{name: [row.typed() for row in rows] for name, rows in self.rows.items()}}

    # Adding and removing rows

    def pressed(self) -> bool:
        """Whether a button that adds or removes a row was pressed, and not one that sends."""
        return self.is_bound and self._change() is not None

    def changed(self) -> Self:
        """The form with the row added or removed: everything typed kept, no error shown, a new row in focus."""
        typed = self._change()
        if typed is None:
            raise ValueError("no row button was pressed")
        made = self.again(typed)
        known = {row.row_id for row in self.every_row()}
        for row in made.every_row():
            if row.row_id not in known:
                next(iter(row.fields.values())).widget.attrs["autofocus"] = True
                break
        return made

    def every_row(self) -> Iterator[KindForm]:
        """All rows, those inside rows too."""
        for bound in self.rows.values():
            for row in bound:
                yield row
                yield from row.every_row()

    def again(self, typed: dict[str, Any]) -> Self:
        """The same form showing `typed`."""
        made = type(self)(initial=typed, prefix=self.prefix or "")
        made.name_people(self.people)
        return made

    def _change(self) -> dict[str, Any] | None:
        do = str(self.data.get("do", ""))
        for name, bound in self.rows.items():
            if do == bound.add_value:
                return self._with(name, [*[row.typed() for row in bound], {"id": row_id()}])
            if do == bound.paste_value and bound.declared.paste:
                return self._with(name, self._pasted(bound))
            if do.startswith(f"{self.path}{name}.remove."):
                gone = do.rpartition(".")[2]
                return self._with(name, [row.typed() for row in bound if row.row_id != gone])
            for row in bound:
                inner = row._change_from(do)
                if inner is not None:
                    rows = [inner if other is row else other.typed() for other in bound]
                    return self._with(name, rows)
        return None

    def _change_from(self, do: str) -> dict[str, Any] | None:
        return self._change() if do.startswith(self.path) and self.path else None

    def _with(self, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {**self.typed(), name: rows}

    def _pasted(self, bound: BoundRows) -> list[dict[str, Any]]:
        lines = [clean_name(line) for line in str(self.data.get(bound.paste_name, "")).splitlines()]
        kept = [row.typed() for row in bound.filled()]
        fresh = [{"id": row_id(), bound.declared.paste: line} for line in lines if line]
        return [*kept, *fresh][: bound.declared.most + SHOWN_BEYOND] or [{"id": row_id()}]

    # The declaration as data

    @classmethod
    def known_keys(cls, *, in_row: bool = False) -> set[str]:
        return {*cls.base_fields, *cls.row_sets, *(["id"] if in_row else [])}

    @classmethod
    def refuse_unknown(cls, stored: Mapping[str, Any], *, in_row: bool = False) -> None:
        """Raise ValueError for a key the form has not declared, in any row of `stored`."""
        unknown = set(stored) - cls.known_keys(in_row=in_row)
        if unknown:
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
        for name, rows in cls.row_sets.items():
            given = stored.get(name, [])
            if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
                raise ValueError(f"{name} is not a list of rows")
            for row in given:
                rows.form.refuse_unknown(row, in_row=True)

    @classmethod
    def json_schema(cls, *, in_row: bool = False) -> dict[str, Any]:
        """JSON Schema (2020-12) of what `encoded` gives."""
        properties = {name: field.schema() for name, field in cls.base_fields.items()}  # type: ignore[attr-defined]
        if in_row:
            properties["id"] = {"type": "string", "pattern": f"^{ID.pattern}$"}
        for name, rows in cls.row_sets.items():
            properties[name] = {
                "type": "array",
                "minItems": rows.least,
                "maxItems": rows.most,
                "items": rows.form.json_schema(in_row=True),
            }
        return {
            "type": "object",
            "properties": properties,
            "required": sorted(properties),
            "additionalProperties": False,
        }


def storable(raw: Any) -> Any:
    """Raw posted text that a database can keep as JSON: no null characters, no halves of a character."""
    if isinstance(raw, str):
        return raw.replace("\x00", "").encode("utf-8", "ignore").decode()
    return [storable(one) for one in raw] if isinstance(raw, list) else raw


def getlist(data: Any, name: str) -> list[str]:
    """All values of a posted name, also from a plain dict."""
    if isinstance(data, MultiValueDict):
        return data.getlist(name)
    value = data.get(name, [])
    return list(value) if isinstance(value, list) else [value]


def as_post(form: KindForm) -> dict[str, Any]:
    """What a browser would post for an unbound form: for tests, the demo and checking stored JSON."""
    posted: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if value is not None and value is not False:
            posted[form.add_prefix(name)] = "on" if value is True else value
    for rows in form.rows.values():
        posted[rows.html_name] = [row.row_id for row in rows]
        for row in rows:
            posted.update(as_post(row))
    return posted
