"""The token endpoint: client credentials proved by a signed assertion (RFC 6749 4.4, RFC 7523).

An assertion is used up only by an issued token, in the same transaction and under a unique constraint, so
retries after errors work and replays do not, across processes and restarts.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from orgport.identity import refusals
from orgport.identity.assertion import (
    SKEW,
    UnverifiedAssertion,
    VerifiedAssertion,
    read_assertion,
    verify_assertion,
)
from orgport.identity.hints import RegisteredCertificate, offered_thumbprint
from orgport.identity.refusals import AssertionRefused
from orgport.identity.tokens import RESOURCE, Grant, issue_access_token, issuer_of
from orgport.server.api.answers import correlation_id, json_answer
from orgport.server.api.bodies import wire_body
from orgport.server.api.login import base_of, login_view, tenant_of
from orgport.server.api.rates import count_call
from orgport.server.api.scopes import check_resource, check_scope
from orgport.server.records import audit
from orgport.server.records.models import AppRegistration, Tenant, UsedAssertion
from orgport.server.settings import settings
from orgport.server.wiring.signing import current_key

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_FORM = 64 * 1024
_MOST_FIELDS = 64
_SINGLE = (
    "grant_type",
    "client_id",
    "scope",
    "resource",
    "client_assertion",
    "client_assertion_type",
)

logger = logging.getLogger(__name__)


@login_view("POST")
def token(request: HttpRequest, tenant: str) -> HttpResponse:
    """An access token for the app that the assertion proves, or the refusal."""
    found = tenant_of(tenant)
    address = request.META.get("REMOTE_ADDR", "")
    count_call(found.id, f"token {address}", per_minute=settings().requests_per_minute)
    thumbprint = ""
    try:
        form = _form_of(request)
        is_older = request.path.rstrip("/").endswith("/oauth2/token")
        _check_form(form, is_older=is_older)
        assertion = read_assertion(form["client_assertion"])
        thumbprint = offered_thumbprint(assertion.header)
        return _issue(request, found, form, assertion, is_older=is_older)
    except AssertionRefused as refused:
        _note_refusal(request, found, refused, thumbprint)
        raise


def _issue(
    request: HttpRequest,
    tenant: Tenant,
    form: dict[str, str],
    assertion: UnverifiedAssertion,
    *,
    is_older: bool,
) -> HttpResponse:
    now = datetime.now(UTC)
    app = _app_of(tenant, form, assertion)
    certificates = app.certificates.all()
    verified = verify_assertion(
        assertion,
        app_id=app.id,
        registered=[RegisteredCertificate(bytes(c.der), c.is_enabled) for c in certificates],
        audiences=_audiences(tenant),
        now=now,
        longest_life=timedelta(seconds=settings().assertion_lifetime_seconds),
    )
    lifetime = timedelta(seconds=settings().token_lifetime_seconds)
    key = current_key(now)
    with transaction.atomic():
        _use_up(app, verified, form["client_assertion"], request.META.get("REMOTE_ADDR", ""), now)
        AppRegistration.objects.filter(pk=app.pk).update(last_token_at=now)
        access_token = issue_access_token(
            Grant(tenant.id, app.id, app.service_principal_id),
            key=key,
            issuer=issuer_of(tenant.id, base_of(request)),
            now=now,
            lifetime=lifetime,
            token_id=str(uuid.uuid4()),
        )
    seconds = int(lifetime.total_seconds())
    answer: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
    }
    if is_older:
        issued = int(now.timestamp())
        answer |= {
            "expires_on": str(issued + seconds),
            "not_before": str(issued),
            "resource": RESOURCE,
        }
    return json_answer(answer | {"access_token": access_token})


def _form_of(request: HttpRequest) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise AssertionRefused("invalid_request", 900561, "Send the fields as a form.", status=415)
    # Read to one byte past the limit, whatever Content-Length says; a form may come in pieces.
    body = wire_body(request).read(_LONGEST_FORM + 1)
    if len(body) > _LONGEST_FORM:
        raise AssertionRefused("invalid_request", 900561, "The form is too long.", status=413)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise AssertionRefused(
            "invalid_request", 900144, "The form cannot be read.", status=400
        ) from None
    repeated = [name for name, count in Counter(n for n, _ in pairs).items() if count > 1]
    if set(repeated) & set(_SINGLE):
        raise AssertionRefused(
            "invalid_request", 900144, "A field of the form stands more than once.", status=400
        )
    return dict(pairs)


def _check_form(form: dict[str, str], *, is_older: bool) -> None:
    if not form.get("grant_type"):
        raise _missing("grant_type")
    if form["grant_type"] != "client_credentials":
        raise AssertionRefused(
            "unsupported_grant_type", 70003, "Only client_credentials is granted here.", status=400
        )
    if not form.get("client_assertion"):
        raise AssertionRefused(
            "invalid_client",
            7000218,
            "The request holds no client_assertion; secrets are not taken. "
            "Sign an assertion with the app's certificate.",
        )
    if not form.get("client_assertion_type"):
        raise _missing("client_assertion_type")
    if form["client_assertion_type"] != ASSERTION_TYPE:
        raise AssertionRefused(
            "invalid_request",
            7000213,
            f"client_assertion_type must be {ASSERTION_TYPE}.",
            status=400,
        )
    if is_older and form.get("resource"):
        check_resource(form["resource"])
    elif form.get("scope"):
        check_scope(form["scope"])
    else:
        raise _missing("resource" if is_older else "scope")


def _app_of(
    tenant: Tenant, form: dict[str, str], assertion: UnverifiedAssertion
) -> AppRegistration:
    app_id = assertion.app_id
    if "client_id" in form and form["client_id"].lower() != str(app_id):
        raise refusals.disagreement("client_id is not the application of the client assertion")
    app = AppRegistration.objects.of(tenant).filter(pk=app_id, is_enabled=True).first()
    if app is None:
        raise refusals.unknown_app()
    return app


def _audiences(tenant: Tenant) -> list[str]:
    endings = ("oauth2/v2.0/token", "oauth2/token", "v2.0")
    return [f"{base}/{tenant.id}/{ending}" for base in settings().bases for ending in endings]


def _use_up(
    app: AppRegistration, verified: VerifiedAssertion, text: str, address: str, now: datetime
) -> None:
    UsedAssertion.objects.filter(app=app, expires_at__lt=now - SKEW).delete()
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(
                app=app,
                jti=verified.jti,
                digest=digest,
                source_address=address,
                expires_at=verified.expires_at,
            )
    except IntegrityError:
        used = UsedAssertion.objects.filter(app=app, jti=verified.jti).first()
        is_same = used and (used.digest, used.source_address) == (digest, address)
        if settings().assertion_reuse != "same-bytes" or not is_same:
            raise refusals.malformed("it was used before") from None


def _note_refusal(
    request: HttpRequest, tenant: Tenant, refused: AssertionRefused, thumbprint: str
) -> None:
    with transaction.atomic():
        audit.record(
            tenant,
            "token.refused",
            at=datetime.now(UTC),
            actor="token endpoint",
            subject=correlation_id(request),
            detail={
                "number": refused.number,
                "reason": refused.reason[:200],
                "thumbprint": thumbprint,
            },
            address=request.META.get("REMOTE_ADDR", ""),
        )


def _missing(name: str) -> AssertionRefused:
    return AssertionRefused(
        "invalid_request", 900144, f"The form must hold one {name}.", status=400
    )
