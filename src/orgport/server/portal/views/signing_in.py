"""Signing in and out; who fails too often waits (the count is kept by django-axes)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from orgport.server.portal.forms import SignInForm

WAIT_MINUTES = round(float(settings.AXES_COOLOFF_TIME) * 60)


class SignIn(LoginView):
    """The sign-in page; afterwards back to the page that asked for it."""

    template_name = "portal/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again, with status 400 so that clients can tell."""
        response = super().form_invalid(form)
        response.status_code = 400
        return response


class SignOut(LogoutView):
    """Ends the session; only by POST."""

    def get_default_redirect_url(self) -> str:
        """The sign-in page."""
        return reverse("sign-in")


sign_in = sensitive_post_parameters("password")(SignIn.as_view())
sign_out = SignOut.as_view()


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """Too many wrong passwords: says for how long, and that waiting is all it takes."""
    context = {"minutes": WAIT_MINUTES}
    return render(request, "portal/locked_out.html", context, status=429)
