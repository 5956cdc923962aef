"""Signing in with the firm's own sign-in: the way there and back, and linking it to one's login.

No page lists firms. A button stands only in a browser where somebody who is linked has signed in, told by a
signed cookie; everybody else needs the firm's own address, which cannot be guessed.
"""

from __future__ import annotations

import logging

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from samsyn.kit import letters
from samsyn.kit.openid import Untrusted
from samsyn.tenancy import actions
from samsyn.tenancy.actors import Actor
from samsyn.tenancy.errors import Refused
from samsyn.tenancy.models import User
from samsyn.tenancy.providers import (
    SignInProvider,
    person_behind,
    provider_at,
    providers_at,
    providers_of,
    refs_linked_to,
)
from samsyn.tenancy.security import SecurityLog, record
from samsyn.tenancy.walls.standing import as_person
from samsyn.web import openid
from samsyn.web.cookies import PROVIDERS, put
from samsyn.web.doors import at_firm, held_by, must_be_sure, person_page, public_page
from samsyn.web.requests import address_of_visitor

MOST, SALT = 3, "samsyn_byra"  # the newest firms of a browser
LIMIT = "firm_sign_in"
log = logging.getLogger("samsyn.openid")


@public_page("GET", "POST")
def entrance(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The firm's own address for signing in: one button. A GET asks nobody anything."""
    provider = _there(provider_id)
    if request.method == "POST":
        following = get_next_redirect_url(request) or ""
        return _onward(request, provider, AuthProcess.LOGIN, following)
    return render(request, "account/provider.html", {"provider": provider})


@public_page()
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider. The address works once, in the browser that asked, for ten minutes."""
    provider = _there(provider_id)
    try:
        told = openid.answer(request, provider.ref)
    except Untrusted as fault:
        return _failed(request, provider, fault)
    if told.state["process"] == AuthProcess.CONNECT:
        return _link(request, provider, told)
    return _sign_in(request, provider, told)


@person_page("GET", "POST")
def link(request: HttpRequest, provider_id: str) -> HttpResponse:
    """What it means to link one's login, and doing it; taking the link away."""
    found = [one for one in providers_of(held_by(request)) if one[0].ref == provider_id]
    if not found:
        raise Http404
    provider, linked = found[0]
    actor = at_firm(request, provider.firm.slug)
    if request.POST.get("do") == "unlink":
        actions.unlink_provider(actor, provider)
        messages.success(request, _("The link is taken away"))
        return redirect("account")
    if request.method == "POST":
        must_be_sure(request)
        return _onward(request, provider, AuthProcess.CONNECT, member=str(actor.membership.pk))
    return render(request, "account/provider_link.html", {"provider": provider, "linked": linked})


def told_to_managers(actor: Actor) -> list[list[tuple[str, str]]]:
    """What a manager reads of each provider of the firm, as (label, value); the secret is not among it."""
    return [
        [
            (_("Name"), one.name),
            (_("Issuer"), one.issuer),
            (_("Client"), one.client_id),
            (_("Comes back to"), openid.callback_address(one.ref)),
            (_("Sign in at"), letters.absolute(reverse("openid_connect_login", args=[one.ref]))),
            (_("Linked logins"), str(linked)),
        ]
        for one, linked in providers_at(actor)
    ]


def remembered_providers(request: HttpRequest) -> list[SignInProvider]:
    """The providers of those who have signed in in this browser, the latest first."""
    found = [provider_at(ref) for ref in _refs(request)]
    return [one for one in found if one is not None]


def remember_providers(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let this browser show the button of the providers that the person is linked to."""
    refs = list(dict.fromkeys([*refs_linked_to(user), *_refs(request)]))[:MOST]
    if refs:
        put(response, PROVIDERS, ".".join(refs), salt=SALT)


def _refs(request: HttpRequest) -> list[str]:
    value = request.get_signed_cookie(PROVIDERS.name, "", salt=SALT, max_age=PROVIDERS.lives)
    return [one for one in str(value).split(".") if one]


def _there(ref: str) -> SignInProvider:
    provider = provider_at(ref)
    if provider is None:
        raise Http404
    return provider


def _onward(
    request: HttpRequest, provider: SignInProvider, process: str, following: str = "", member: str = ""
) -> HttpResponse:
    """A page that leads to the provider at once. Not a redirect: a form may lead nowhere but here (CSP)."""
    if limited := ratelimit.consume_or_429(request, action=LIMIT):
        return limited  # type: ignore[no-any-return]
    try:
        address = openid.ask(request, provider.ref, process=process, next_url=following, data=member)
    except Untrusted as fault:
        return _failed(request, provider, fault)
    response = render(request, "account/provider_onward.html", {"provider": provider, "address": address})
    response["Refresh"] = f"0;url={address}"
    return response


def _link(request: HttpRequest, provider: SignInProvider, told: openid.Vouched) -> HttpResponse:
    if not request.user.is_authenticated:
        return _failed(request, provider, Untrusted("state"))
    with as_person(request.user.pk):
        return _link_to_member(request, provider, told)


def _link_to_member(request: HttpRequest, provider: SignInProvider, told: openid.Vouched) -> HttpResponse:
    actor = at_firm(request, provider.firm.slug)
    if str(actor.membership.pk) != told.state["data"]:
        return _failed(request, provider, Untrusted("state"))
    try:
        actions.link_provider(actor, provider, told.subject)
    except Refused as refusal:
        return _back(request, str(refusal))
    messages.success(request, _("Linked. Next time you can sign in with %(name)s.") % {"name": provider.name})
    response = redirect("account")
    remember_providers(request, response, actor.user)  # type: ignore[arg-type]
    return response


def _sign_in(request: HttpRequest, provider: SignInProvider, told: openid.Vouched) -> HttpResponse:
    user = person_behind(provider, told.subject)
    if user is None:
        here = address_of_visitor(request)
        record(SecurityLog.What.FAILED, provider.firm, name="", about="by:oidc", ip_address=here)
        return _back(request, _("No login is linked to that account. Sign in another way, and link it on My account."))
    if request.user.is_authenticated:  # a sign-in begins anew: the provider's word alone is no fresh proof in this one
        logout(request)
    record_authentication(request, user, method="oidc")
    answer: HttpResponse = perform_login(
        request, Login(user=user, email=user.email, redirect_url=told.state.get("next"))
    )
    return answer


def _failed(request: HttpRequest, provider: SignInProvider, fault: Untrusted) -> HttpResponse:
    """One sentence for the person, and one word for the installation's log; nothing of what was said."""
    if str(fault) == "cancelled":
        return _back(request, _("The sign-in was cancelled."))
    if str(fault) == "state":
        return _back(request, _("That sign-in is over, or was begun in another window. Begin again."))
    log.warning("Sign-in at provider %s failed: %s", provider.pk, fault)
    return _back(
        request, _("The firm's sign-in doesn't answer as it should. Try again in a while, or sign in another way.")
    )


def _back(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("account" if request.user.is_authenticated else "account_login")
