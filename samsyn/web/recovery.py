"""Recovery codes: shown once, in the session that made them; made anew; kept as a file."""

from __future__ import annotations

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.tenancy import actions, factors
from samsyn.tenancy.factors import Type
from samsyn.tenancy.models import User
from samsyn.web.doors import must_be_sure, person_page
from samsyn.web.requests import address_of_visitor

SHOWN = "recovery_codes_until"  # in the session: how long codes just made are shown there, and nowhere else
A_WHILE = 10 * 60
RECOVERY = "mfa_view_recovery_codes"


def in_groups(text: str, of: int) -> str:
    """'JBSW Y3DP' of 'JBSWY3DP'."""
    return " ".join(text[start : start + of] for start in range(0, len(text), of))


def may_see(request: HttpRequest) -> None:
    """Codes that were made just now are shown in this session, for a while."""
    request.session[SHOWN] = timezone.now().timestamp() + A_WHILE


def shown_codes(request: HttpRequest) -> list[str]:
    """The codes to show: those made in this session just now, else none."""
    user: User = request.user  # type: ignore[assignment]
    one = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if one is None or timezone.now().timestamp() > request.session.get(SHOWN, 0):
        return []
    return [in_groups(code, 5) for code in factors.unused(one)]


@person_page("GET", "POST")
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown once, when they are made; later only how many are left, and a way to new ones."""
    must_be_sure(request)
    user: User = request.user  # type: ignore[assignment]
    do, following = request.POST.get("do", ""), get_next_redirect_url(request) or reverse("account")
    if do == "done":
        request.session.pop(SHOWN, None)
        return redirect(following)
    if do == "renew":
        actions.renew_recovery_codes(user, ip_address=address_of_visitor(request))
        may_see(request)
        return redirect_to_login(following, reverse(RECOVERY))
    shown = {
        "codes": shown_codes(request),
        "left": factors.recovery_codes_left(user),
        "possible": factors.has(user),
        "following": following,
    }
    return render(request, "account/recovery.html", shown)


@person_page()
def recovery_file(request: HttpRequest) -> HttpResponse:
    """The codes as a text file, as long as they are shown."""
    must_be_sure(request)
    codes = shown_codes(request)
    if not codes:
        raise Http404
    lines = [_("Recovery codes for Samsyn"), settings.SAMSYN_URL, request.user.email, "", *codes, "",  # type: ignore[union-attr]
             _("Each works once. Keep them where only you can reach them.")]  # fmt: skip
    response = HttpResponse("\r\n".join(lines) + "\r\n", content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="samsyn-koder.txt"'
    return response
