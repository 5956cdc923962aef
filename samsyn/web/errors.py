"""Error pages: one sentence, nothing about what was looked for."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def wrong_method(request: HttpRequest, methods: Sequence[str]) -> HttpResponse:
    """A page that takes other methods; `methods` go in the header Allow, as HTTP asks."""
    response = render(request, "405.html", status=405)
    response["Allow"] = ", ".join(methods)
    return response


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)
