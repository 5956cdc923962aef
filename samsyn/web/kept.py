"""A form that comes too late loses nothing: its text is kept, and put back in the field it was typed in.

Too late is when the session has ended, or when the page is older than the newest sign-in. Only text is
kept, never files; encrypted; for an hour; and only for the person who had written it, told by a signed
cookie that names nobody in clear. Nothing is ever posted by itself. What is put back stays kept until the
same form is posted, so that opening the page changes nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.exceptions import TooManyFieldsSent
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from samsyn.kit.sealing import sealed_box
from samsyn.web.cookies import PERSON, WAITING, put
from samsyn.web.models import KeptPost
from samsyn.web.requests import by_script, same_origin

SALT = "samsyn_person"
LIVES = WAITING.lives
MOST = 1_000_000  # signs of one form
MOST_FORMS = 20  # of one person
# Never kept: what belongs to one page, one press or nobody but the person.
LEFT_OUT = (
    "csrfmiddlewaretoken",
    "do",
    "once",
    "made",
    "digest",
    "decision",
    "password",
    "current",
    "code",
    "credential",
    "login",
    "touched",
)
FILES = "files chosen"
# The fields of a case page that hold words.
WORDS = re.compile(r"text|reason|a-comment|v-reason-.*")
# Addresses that take the same form as another.
SAME_FORM = {"utkast": "skicka-tillbaka", "filer": "skicka-tillbaka", "avsluta": "begar-komplettering"}


class Written:
    """What somebody wrote in the forms of a page and could not send, to be shown again there and nowhere else.

    `forms` are posted fields by the name of their form: the last word of the address it posts to, "" for a
    form that posts to its own page. `problem` is the sentence to show at the only form.
    """

    def __init__(
        self, forms: dict[str, QueryDict] | None = None, *, problem: str = "", at: dt.datetime | None = None
    ) -> None:
        self.forms, self.at, self._problem = forms or {}, at, problem

    def __bool__(self) -> bool:
        return bool(self.forms)

    def get(self, form: str, name: str = "text", default: str = "") -> str:
        """The text of a field, or `default` when nothing was written in that form."""
        return self.forms[form].get(name, default) if form in self.forms else default

    def fields(self, form: str = "") -> QueryDict | None:
        """Everything written in one form, or None."""
        return self.forms.get(form)

    def elsewhere(self, there: Collection[str]) -> list[str]:
        """The texts of forms that are not on the page: all but those named `there`."""
        posted = [fields for form, fields in self.forms.items() if form not in there]
        texts = [str(fields[name]).strip() for fields in posted for name in fields if WORDS.fullmatch(name)]
        return [text for text in texts if text]

    def problem_elsewhere(self, there: Collection[str]) -> str:
        """The sentence of a refused form that is not on the page."""
        return "" if set(self.forms) & set(there) else self._problem

    def problem(self, form: str) -> str:
        """Why this form was refused."""
        return self._problem if form in self.forms else ""


def refused(request: HttpRequest, problem: str = "") -> Written:
    """What was posted now and could not be carried out."""
    return Written({form_of(request.path): request.POST}, problem=problem)


class KeepsWhatWasTyped(LoginRequiredMiddleware):
    """Asks for a sign-in as the library does, but first keeps a form that came too late."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        kept = request.method == "POST" and keep(request, person_before(request))
        if by_script(request):
            sentence = _(
                "You have been signed out. Sign in again in another tab. What you write is kept on this device."
            )
            return JsonResponse({"saved": sentence}, status=401)
        back = page_of(request) if request.method == "POST" else request.get_full_path()
        response = redirect_to_login(back, resolve_url(self.get_login_url(view_func)))
        return remembered(response) if kept else response

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return response
        if person_before(request) != str(user.pk):
            put(response, PERSON, str(user.pk), salt=SALT)
        done = response.status_code < 400 and not hasattr(response, "led_away")
        if request.method == "POST" and WAITING.name in request.COOKIES and done:
            kept_for(request, user.pk).filter(form=form_of(request.path)).delete()
        return response


def too_old(request: HttpRequest) -> HttpResponseBase:
    """The answer to a form whose page is older than the newest sign-in: its text is put back in a fresh page."""
    user = request.user
    if not same_origin(request) or is_public(request) or not (user.is_authenticated or person_before(request)):
        return render(request, "403_csrf.html", status=403)
    if by_script(request):
        # The page's own script may go on with a new token; nobody else can read this answer.
        sentence = _("The page is too old. Load it again. What you write is kept on this device.")
        return JsonResponse({"saved": sentence, "token": get_token(request)}, status=403)
    kept = keep(request, str(user.pk) if user.is_authenticated else person_before(request))
    response = HttpResponseRedirect(page_of(request))
    return remembered(response) if kept else response


def lead_away(request: HttpRequest, to: str, sentence: str) -> HttpResponseBase:
    """To the page `to` first and then back to this one, with what was posted kept; `sentence` tells a script why."""
    if by_script(request):
        return JsonResponse({"saved": sentence}, status=401)
    posted = request.method == "POST"
    kept = posted and keep(request, str(request.user.pk))
    response = redirect_to_login(page_of(request) if posted else request.get_full_path(), to)
    response.led_away = True  # type: ignore[attr-defined]
    return remembered(response) if kept else response


def remembered(response: HttpResponse) -> HttpResponse:
    """`response`, with the note that something waits to be put back."""
    put(response, WAITING, "1")
    return response


def person_before(request: HttpRequest) -> str:
    """Who was signed in here last, by id; "" when nobody can be told, as when the key has been changed since."""
    try:
        return str(UUID(request.get_signed_cookie(PERSON.name, salt=SALT)))
    except (KeyError, ValueError, signing.BadSignature):
        return ""


def is_public(request: HttpRequest) -> bool:
    try:
        return getattr(resolve(request.path_info).func, "door", "") == "public"
    except Resolver404:
        return True


def page_of(request: HttpRequest) -> str:
    """The page whose form posts to this address: the nearest one above that can be read."""
    page = request.path
    while page != "/" and not is_page(page):
        page = page.rstrip("/").rpartition("/")[0] + "/"
    return request.get_full_path() if page == request.path else page


def is_page(path: str) -> bool:
    try:
        return "GET" in getattr(resolve(path).func, "methods", ("GET",))
    except Resolver404:
        return False


def form_of(path: str) -> str:
    """The name of the form that posts to `path`."""
    if is_page(path):
        return ""
    name = path.rstrip("/").rpartition("/")[2]
    return SAME_FORM.get(name, name)


def kept_for(request: HttpRequest, user_id: UUID) -> Any:
    return KeptPost.objects.filter(user_id=user_id, path=page_of(request).partition("?")[0][:300])


def keep(request: HttpRequest, person: str) -> bool:
    """Keep the text of a posted form for `person`; whether there was any."""
    if not person:
        return False
    fields = request.POST.copy()
    for name in LEFT_OUT:
        fields.pop(name, None)
    if any(request.FILES.getlist(name) for name in request.FILES):
        fields[FILES] = "1"
    body = fields.urlencode()
    if not body or len(body) > MOST:
        return False
    user_id, form = UUID(person), form_of(request.path)[:60]
    kept_for(request, user_id).filter(form=form).delete()
    if not any(value.strip() for _name, values in fields.lists() for value in values):
        return False
    path = page_of(request).partition("?")[0][:300]
    KeptPost.objects.create(user_id=user_id, path=path, form=form, body=sealed_box().encrypt(body.encode()))
    newest = KeptPost.objects.filter(user_id=user_id).order_by("-created_at").values_list("pk", flat=True)[:MOST_FORMS]
    KeptPost.objects.filter(user_id=user_id).exclude(pk__in=list(newest)).delete()
    return True


def put_back(request: HttpRequest, fits: Callable[[QueryDict], bool] = lambda _fields: True) -> Written:
    """What this person had written on this page before the session ended, by form; empty when nothing waits.

    `fits` leaves out a form that belongs to another page at the same address.
    """
    if request.method != "GET" or WAITING.name not in request.COOKIES or person_before(request) != str(request.user.pk):
        return Written()
    rows = kept_for(request, request.user.pk).filter(created_at__gt=timezone.now() - LIVES)  # type: ignore[arg-type]
    found = list(rows.order_by("created_at"))
    opened = {one.form: fields_in(one) for one in found}
    forms = {name: fields for name, fields in opened.items() if fields is not None and fits(fields)}
    files = [fields.pop(FILES) for fields in forms.values() if FILES in fields]
    if forms:
        said = [_("What you had written is back. It has not been sent.")]
        said += [_("Files must be chosen again.")] if files else []
        messages.info(request, " ".join(said))
    return Written(forms, at=found[-1].created_at if found else None)


def fields_in(one: KeptPost) -> QueryDict | None:
    """The fields of a kept form; None when it can't be opened any more, since the key has been changed."""
    try:
        return QueryDict(sealed_box().decrypt(bytes(one.body)).decode(), mutable=True)
    except (InvalidToken, ValueError, TooManyFieldsSent):
        return None


def fill(form: BaseForm, written: Written) -> None:
    """Show in an unbound form what was written in it before, without finding fault with it yet."""
    fields = written.fields()
    if fields is not None:
        for name, one in form.fields.items():
            form.initial[name] = one.widget.value_from_datadict(fields, {}, form.add_prefix(name))


def forget(request: HttpRequest, form: str) -> None:
    """What waited for this form of the page has been dealt with in another way."""
    if WAITING.name in request.COOKIES:
        kept_for(request, request.user.pk).filter(form=form).delete()  # type: ignore[arg-type]


def sweep() -> None:
    """Erase what nobody came back for. Each minute."""
    KeptPost.objects.filter(created_at__lt=timezone.now() - LIVES).delete()
