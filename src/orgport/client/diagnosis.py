"""Why a push fails: what it needs, one thing after the other, each said with what mends it.

A thing that stands on one that failed is not asked, so that the first failure is the cause.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from orgport.client.credentials import load_credentials
from orgport.client.session import Session, Target, trust_of, utc_now
from orgport.errors import BadInput, OrgportError, SignInFailed, Unreachable
from orgport.identity.certificates import read_public_certificate

_SECONDS = 10
_SKEW_WARNS = timedelta(minutes=1)
_SKEW_FAILS = timedelta(minutes=5)  # what token endpoints allow, about
_SOON = timedelta(days=30)
_REGISTRATION = frozenset({"90002", "700016", "700027"})  # no such tenant, app, or certificate
_NUMBER = re.compile(r"AADSTS(\d+)")


class State(Enum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a push needs: its state, what was seen, and what mends it."""

    name: str
    state: State
    message: str
    hint: str = ""
    exit_code: int = 0


NAMES = ("certificate", "dns", "tls", "clock", "registration", "token", "connection")


def diagnose(
    target: Target,
    certificate: Path,
    key: Path | None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Iterator[Check]:
    """A check for each of NAMES in their order, as soon as it is known."""
    failed = False
    for names, look in (
        (NAMES[:1], lambda: [check_certificate(certificate, key, now())]),
        (NAMES[1:2], lambda: [_dns(target)]),
        (NAMES[2:4], lambda: _tls_and_clock(target, now)),
        (NAMES[4:], lambda: _signed_in(target, certificate, key, now)),
    ):
        found = [] if failed else list(look())
        yield from found
        told = {check.name for check in found}
        for name in names:
            if name not in told:
                yield Check(name, State.NOT_CHECKED, "not checked")
        failed = failed or any(check.state is State.FAILED for check in found)


def check_certificate(certificate: Path, key: Path | None, now: datetime) -> Check:
    """Whether a certificate and its key can be used, and for how long; asks nobody."""
    name = "certificate"
    try:
        public = read_public_certificate(load_credentials(certificate, key).certificate_der)
    except OrgportError as broken:
        return Check(name, State.FAILED, broken.message, "See: orgport certificate list", 2)
    days = (public.expires_at - now).days
    seen = f"{public.subject}, thumbprint {public.thumbprint_sha1}"
    renew = "Make a new one (orgport certificate new NAME) and have it added to the app."
    if public.expires_at <= now:
        return Check(
            name, State.FAILED, f"{seen} expired on {public.expires_at:%d %B %Y}", renew, 3
        )
    if public.starts_at > now:
        late = f"{seen} is not valid before {public.starts_at:%d %B %Y %H:%M} UTC"
        return Check(name, State.FAILED, late, "Check the clock of this machine.", 3)
    state = State.WARNING if public.expires_at - now < _SOON else State.OK
    return Check(
        name,
        state,
        f"{seen}, expires in {days} days ({public.expires_at:%d %B %Y})",
        renew if state is State.WARNING else "",
    )


def _dns(target: Target) -> Check:
    hosts = dict.fromkeys(_host_and_port(base) for base in (target.login_url, target.api_url))
    seen = []
    for host, port in hosts:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return Check(
                "dns",
                State.FAILED,
                f"{host} has no address",
                "Check the spelling, the network and its name server.",
                Unreachable.exit_code,
            )
        seen.append(f"{host} is {found[0][4][0]}")
    return Check("dns", State.OK, ", ".join(seen))


def _tls_and_clock(target: Target, now: Callable[[], datetime]) -> Iterator[Check]:
    try:
        trust = trust_of(target.ca)
        for base in dict.fromkeys((target.login_url, target.api_url)):
            version = _handshake(*_host_and_port(base), trust)
    except BadInput as broken:
        yield Check("tls", State.FAILED, broken.message, exit_code=broken.exit_code)
        return
    except ssl.SSLCertVerificationError as untrusted:
        yield Check(
            "tls",
            State.FAILED,
            f"the server's certificate is not trusted: {untrusted.verify_message}",
            "Give the authority that signed it as ORGPORT_CA, a PEM file.",
            Unreachable.exit_code,
        )
        return
    except (OSError, TimeoutError) as closed:
        yield Check(
            "tls",
            State.FAILED,
            f"no secure connection: {closed.strerror or closed}",
            "Check address and port, that the server runs, and firewalls and proxies between.",
            Unreachable.exit_code,
        )
        return
    yield Check("tls", State.OK, f"{version}, the server's certificate is trusted")
    yield _clock(target, trust, now)


def _handshake(host: str, port: int, trust: ssl.SSLContext) -> str:
    with (
        socket.create_connection((host, port), timeout=_SECONDS) as plain,
        trust.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.version() or "TLS"


def _clock(target: Target, trust: ssl.SSLContext, now: Callable[[], datetime]) -> Check:
    try:
        answer = httpx.get(f"{target.login_url}/", verify=trust, timeout=_SECONDS)
        theirs = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (httpx.HTTPError, KeyError, ValueError):
        return Check("clock", State.WARNING, "the server does not tell its time")
    skew = now() - theirs
    apart = f"{abs(skew.total_seconds()):.0f} s {'after' if skew > timedelta() else 'before'}"
    seen = f"this machine is {apart} the server"
    if abs(skew) < _SKEW_WARNS:
        return Check("clock", State.OK, seen)
    state = State.FAILED if abs(skew) >= _SKEW_FAILS else State.WARNING
    code = SignInFailed.exit_code if state is State.FAILED else 0
    return Check("clock", state, seen, "Set the clock, best by a time service.", code)


def _signed_in(
    target: Target, certificate: Path, key: Path | None, now: Callable[[], datetime]
) -> Iterator[Check]:
    with Session(target, load_credentials(certificate, key), now=now) as session:
        try:
            ends = session.sign_in()
        except OrgportError as refused:
            yield from _refusal(refused)
            return
        yield Check("registration", State.OK, f"app {target.app_id} of tenant {target.tenant_id}")
        minutes = (ends - now()).total_seconds() / 60
        yield Check("token", State.OK, f"issued, good for {minutes:.0f} minutes")
        try:
            connection = session.connection_id()
        except OrgportError as refused:
            yield Check(
                "connection",
                State.FAILED,
                refused.message,
                "Ask the Insights admin to set up the automated import for this app and select it.",
                refused.exit_code,
            )
            return
        yield Check("connection", State.OK, f"{target.data_type} {connection}")


def _refusal(refused: OrgportError) -> Iterator[Check]:
    number = _NUMBER.search(refused.message)
    if number and number[1] in _REGISTRATION:
        hint = "Compare both IDs and the thumbprint with the app's page in the portal."
        yield Check("registration", State.FAILED, refused.message, hint, refused.exit_code)
        return
    # It got past the registration where that is what the endpoint looks at first, and nobody can say.
    yield Check("registration", State.NOT_CHECKED, "not checked")
    yield Check("token", State.FAILED, refused.message, exit_code=refused.exit_code)


def _host_and_port(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    return parts.hostname or "", parts.port or 443
