"""A person's own address: a new one counts when the code mailed to it has come back, and the old one is told."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from samsyn.kit import codes, letters
from samsyn.kit.codes import LIVES, TRIES
from samsyn.kit.text import mail_address
from samsyn.tenancy.errors import NotNow, Refused
from samsyn.tenancy.models import NewAddress, User


@transaction.atomic
def ask_for_address(user: User, email: str) -> None:
    """Mail a code of six digits to the new address; an earlier code is dead.

    An address that somebody has already gets no letter and no code is ever right for it, and nothing on
    the page or in the time it takes tells so.
    """
    email = mail_address(email)
    if email == user.email:
        raise Refused(_("This is your address already."), field="email")
    code = codes.fresh()
    facts = {"email": email, "code": _sealed(user, email, code), "tries": 0, "expires_at": timezone.now() + LIVES}
    NewAddress.objects.update_or_create(user=user, defaults=facts)
    write = letters.write if User.objects.by_email(email) is None else letters.rehearse
    write(template="address_code", to=email, language=user.language, context={"code": code})


def confirm_address(user: User, code: str) -> None:
    """Change the address when the code is right. A try is counted before the code is looked at."""
    rows = NewAddress.objects.filter(user=user)
    if not rows.filter(tries__lt=TRIES, expires_at__gt=timezone.now()).update(tries=F("tries") + 1):
        rows.delete()
        raise NotNow(_("The code is no longer valid. Ask for a new one."), field="code")
    waiting = rows.get()
    right = constant_time_compare(_sealed(user, waiting.email, code), waiting.code)
    if not right or User.objects.by_email(waiting.email):
        raise Refused(_("The code isn't right. Check it and try again."), field="code")
    _change(user, waiting)


def awaited_address(user: User) -> str:
    """The address that a code has been mailed to and that is not yet confirmed, or ''."""
    rows = NewAddress.objects.filter(user=user, tries__lt=TRIES, expires_at__gt=timezone.now())
    return rows.values_list("email", flat=True).first() or ""


def _change(user: User, waiting: NewAddress) -> None:
    old = user.email
    try:
        with transaction.atomic():
            user.email = waiting.email
            user.save(update_fields=["email"])
            waiting.delete()
            letters.write(template="address_changed", to=old, language=user.language, context={})
    except IntegrityError as error:  # somebody else was first, this very moment
        user.email = old
        raise Refused(_("The code isn't right. Check it and try again."), field="code") from error


def _sealed(user: User, email: str, code: str) -> str:
    return salted_hmac("samsyn.new-address", f"{user.pk} {email} {code}").hexdigest()
