"""Letting support in, and out again: the login by the operator, the window by a manager."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.kit.text import clean_name
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import NotYours, Refused
from samsyn.tenancy.models import Firm, Membership, User
from samsyn.tenancy.roles import Right
from samsyn.tenancy.security import SecurityLog, record
from samsyn.tenancy.support import SupportWindow

What = SecurityLog.What
HOURS = (1, 2, 4, 8)  # never longer than a day of work


@transaction.atomic
def add_support(name: str, email: str) -> User:
    """A login for support: it opens nothing until a firm opens a window. Signs in with a code by mail."""
    user = User.objects.by_email(email)
    if user is None:
        user = User.objects.create_user(email, None, name=clean_name(name))
    elif not user.supports:
        raise Refused("That address has a login of its own here. Support needs one that is used for nothing else.")
    user.name, user.supports, user.is_active = clean_name(name), True, True
    user.save(update_fields=["name", "supports", "is_active"])
    return user


@transaction.atomic
def remove_support(user: User) -> None:
    """The login opens nothing more, and every window of it is over."""
    User.objects.filter(pk=user.pk).update(supports=False, is_active=False, sessions_from=timezone.now())
    rows = SupportWindow.objects.unscoped(why="the login is gone").select_related("firm", "user")
    for window in rows.locked().filter(user=user, ended_at=None, until__gt=timezone.now()):
        _end(window, by="")


@transaction.atomic
def open_window(actor: Actor, *, email: str, reason: str, hours: int) -> SupportWindow:
    """Let a support person read for some hours. Of an address that is no support login nothing is told."""
    firm = _managed_by(actor)
    user = User.objects.by_email(email)
    if user is None or not user.supports or not user.is_active or _works_here(user, actor):
        raise Refused(_("That isn't the address of anybody who gives support. Ask whoever runs Samsyn."), field="email")
    if hours not in HOURS:
        raise Refused(_("Choose how long."), field="hours")
    reason = clean_name(reason)[:200]
    if not reason:
        raise Refused(_("Write why."), field="reason")
    now = timezone.now()
    window: SupportWindow = SupportWindow.objects.create(
        firm=firm, user=user, name=user.name, opened_by=actor.membership, reason=reason, opened_at=now,
        until=now + dt.timedelta(hours=hours),
    )  # fmt: skip
    record(What.SUPPORT, window.firm, name=user.name, user=user, actor=actor, about=f"window:{reason}")
    return window


@transaction.atomic
def end_window(actor: Actor, window: SupportWindow) -> None:
    """Close a window at once; any manager may. Pressed twice, nothing more happens."""
    _managed_by(actor)
    rows = SupportWindow.objects.visible_to(actor).select_related("firm", "user")
    fresh = rows.locked().get(pk=window.pk)
    if fresh.is_open:
        _end(fresh, by=actor.name, actor=actor)


def _end(window: SupportWindow, *, by: str, actor: Actor | None = None) -> None:
    window.ended_at, window.ended_by = timezone.now(), by
    window.save(update_fields=["ended_at", "ended_by"])
    record(What.SUPPORT, window.firm, name=window.name, user=window.user, actor=actor, about="window_closed:")


def _managed_by(actor: Actor) -> Firm:
    if actor.firm is None or not actor.may(Right.RUN_FIRM):
        raise NotYours(_("Only a firm manager can let support in."))
    return actor.firm


def _works_here(user: User, actor: Actor) -> bool:
    rows = Membership.objects.visible_to(actor).filter(user=user, ended_at=None, firm=actor.firm)
    return bool(rows.exists())
