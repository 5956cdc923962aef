"""Which column is which: headings in Swedish or English, in any order, and what a firm has taught us."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from samsyn.kit.text import fold

# Column of Engagement -> (what it is called on screen, the headings it is known by).
COLUMNS: dict[str, tuple[object, tuple[str, ...]]] = {
    "number": (_("Organisation number"), (
        "organisationsnummer", "orgnr", "orgnummer", "organisationsnr", "personnummer", "personnr", "orgpersonnr",
        "orgnrpersonnr", "orgnrpersnr", "orgpersnr", "personorgnr", "personorganisationsnummer",
        "organisationsnummerpersonnummer", "organizationnumber", "organisationnumber", "companynumber",
        "registrationnumber", "orgno")),
    "name": (_("Name"), ("namn", "företag", "företagsnamn", "kund", "kundnamn", "kundensnamn", "klient", "klientnamn",
                         "bolag", "bolagsnamn", "firma", "name", "companyname", "clientname", "customername",
                         "company", "client", "customer")),
    "address": (_("Address"), ("adress", "adress1", "gatuadress", "postadress", "utdelningsadress", "address",
                               "address1", "street", "streetaddress")),
    "postcode": (_("Postcode"), ("postnummer", "postnr", "postcode", "zip", "zipcode", "postalcode")),
    "city": (_("City"), ("ort", "postort", "stad", "city", "town")),
    "contact_name": (_("Main contact"), ("kontaktperson", "kontakt", "huvudkontakt", "kontaktnamn", "contactperson",
                                         "contact", "contactname", "maincontact", "referens")),
    "contact_email": (_("The main contact's e-mail"), (
        "epost", "epostadress", "mejl", "mejladress", "mail", "mailadress", "email", "emailaddress",
        "kontaktpersonepost", "kontaktpersonensepost", "huvudkontaktensepost", "themaincontactsemail")),
    "phone": (_("Telephone"), ("telefon", "telefonnummer", "telefonnr", "tel", "telnr", "tfn", "mobil",
                               "mobiltelefon", "phone", "telephone", "mobile", "phonenumber")),
    "responsible": (_("Responsible"), ("kundansvarig", "klientansvarig", "ansvarig", "ansvarigkonsult", "konsult",
                                       "redovisningskonsult", "handläggare", "responsible", "accountmanager",
                                       "clientmanager", "consultant")),
    "fiscal_year_ends": (_("Closing month"), (
        "räkenskapsårslutmånad", "räkenskapsåretsslutmånad", "räkenskapsår", "räkenskapsåretslutarimånad",
        "bokslutsmånad", "bokslutsdatum", "bokslut", "slutmånad", "räkenskapsårslut", "räkenskapsåretsslut",
        "closingmonth", "fiscalyearend", "fiscalyearendmonth", "financialyearend", "yearend", "fiscalyearendsmonth",
        "fiscalyearendsinmonth", "fiscalyear")),
    "form": (_("Form of company"), ("bolagsform", "företagsform", "juridiskform", "bolagstyp", "companyform",
                                    "formofcompany", "legalform", "companytype")),
    "language": (_("Language"), ("språk", "language")),
    "client_number": (_("Your client number"), (
        "ertkundnummer", "kundnummer", "kundnr", "kundid", "klientnummer", "klientnr", "yourclientnumber",
        "clientnumber", "customernumber", "clientno", "customerno")),
}  # fmt: skip
# The two columns that our own list of faults has beside the file's: read past when the list comes back mended.
OURS = ("rad", "line", "attgöra", "whattodo")


def folded(heading: str) -> str:
    """A heading without case, space, dots and hyphens."""
    return re.sub(r"[\W_]+", "", fold(heading))


KNOWN = {spelling: column for column, (_label, spellings) in COLUMNS.items() for spelling in spellings} | dict.fromkeys(
    OURS, ""
)


def is_heading(text: str, taught: dict[str, str]) -> bool:
    """Whether `text` names a column that we know, or that the firm has taught us."""
    return folded(text) in taught or bool(KNOWN.get(folded(text)))


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
