"""Which column is which: headings in Swedish or English, in any order, and what a firm has taught us."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from samsyn.kit.text import fold

# Column of Engagement -> (what it is called on screen, the headings it is known by).
COLUMNS: dict[str, tuple[object, tuple[str, ...]]] = {
    "number": (_("Organisation number"), (
        "organisationsnummer", "orgnr", "orgnummer", "organisationsnr", "personnummer", "personnr", "orgpersonnr",
        "orgnrpersonnr", "organizationnumber", "organisationnumber", "companynumber", "registrationnumber", "orgno")),
    "name": (_("Name"), ("namn", "företag", "företagsnamn", "kund", "kundnamn", "name", "companyname", "clientname",
                         "company", "client")),
    "address": (_("Address"), ("adress", "gatuadress", "postadress", "utdelningsadress", "address", "street")),
    "postcode": (_("Postcode"), ("postnummer", "postnr", "postcode", "zip", "zipcode", "postalcode")),
    "city": (_("City"), ("ort", "postort", "stad", "city", "town")),
    "contact_name": (_("Main contact"), ("kontaktperson", "kontakt", "huvudkontakt", "contactperson", "contact",
                                         "contactname", "referens")),
    "contact_email": (_("The main contact's e-mail"), ("epost", "epostadress", "mejl", "mail", "email", "emailaddress",
                                                       "kontaktpersonepost")),
    "phone": (_("Telephone"), ("telefon", "telefonnummer", "tel", "mobil", "phone", "telephone", "mobile",
                               "phonenumber")),
    "responsible": (_("Responsible"), ("kundansvarig", "ansvarig", "konsult", "handläggare", "responsible",
                                       "accountmanager", "consultant")),
    "fiscal_year_ends": (_("Fiscal year ends in month"), (
        "räkenskapsårslutmånad", "räkenskapsår", "bokslutsmånad", "slutmånad", "räkenskapsårslut", "fiscalyearend",
        "fiscalyearendmonth", "yearend", "fiscalyearendsmonth", "fiscalyear")),
    "form": (_("Form of company"), ("bolagsform", "företagsform", "juridiskform", "companyform", "legalform",
                                    "companytype")),
    "language": (_("Language"), ("språk", "language")),
    "client_number": (_("Your client number"), ("ertkundnummer", "kundnummer", "kundnr", "kundid", "yourclientnumber",
                                                "clientnumber", "customernumber", "clientno", "customerno")),
}  # fmt: skip


def folded(heading: str) -> str:
    """A heading without case, space, dots and hyphens."""
    return re.sub(r"[\W_]+", "", fold(heading))


KNOWN = {spelling: column for column, (_label, spellings) in COLUMNS.items() for spelling in spellings}


def map_headings(headings: list[str], taught: dict[str, str]) -> tuple[dict[str, str], list[int]]:
    """(column number -> column name, numbers of the headings nobody knows).

    `taught` is what the firm has said before: folded heading -> column name, '' for left out. A column
    that is there twice is taken from the first.
    """
    mapping: dict[str, str] = {}
    unknown = []
    for index, heading in enumerate(headings):
        name = folded(heading)
        column = taught.get(name, KNOWN.get(name))
        if column is None and name:
            unknown.append(index)
        elif column and column not in mapping.values():
            mapping[str(index)] = column
    return mapping, unknown
