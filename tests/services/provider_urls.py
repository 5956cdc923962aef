"""The addresses of the provider in `provider.py`."""

from __future__ import annotations

from allauth.idp.oidc.models import Client
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tests.services.provider import CLIENT_ID


@csrf_exempt
def register(request: HttpRequest) -> HttpResponse:
    """Take the address that people are to be sent back to."""
    client = Client.objects.get(pk=CLIENT_ID)
    client.set_redirect_uris([request.POST["uri"]])
    client.save()
    return HttpResponse()


urlpatterns = [
    path("register/", register),
    path("accounts/", include("allauth.account.urls")),
    path("", include("allauth.idp.urls")),
]
