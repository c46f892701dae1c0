"""A signed-in client of one target, orgport or the live service: push, poll, fetch the errors.

What may be asked twice is asked again after a network fault; a push carries an idempotency key, so that
it counts once however often it is sent.
"""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx
import stamina

from orgport.client.credentials import Credentials
from orgport.client.wire import Ingestion, Progress, body_of, error_of, retry_after, token_error_of
from orgport.errors import BadInput, Fault, ImportRunning, Unreachable

SCOPE = "9d827643-d003-4cca-9dc8-71213a8f1644/.default"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_RENEW_BEFORE = timedelta(minutes=5)
_WAIT_SECONDS = 5
_POLL_SECONDS = (
    0.2,
    0.2,
    0.3,
    0.5,
    0.5,
    1.0,
)  # then as the server says, for small imports end soon


def utc_now() -> datetime:
    """The clock that a session uses unless it is given another."""
    return datetime.now(UTC)


def trust_of(ca: Path | None) -> ssl.SSLContext:
    """Trust in the system's authorities or in those of a PEM file alone; raises BadInput."""
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except OSError as broken:
        raise BadInput(
            f"The authorities in {ca} cannot be read. Give a PEM file as ORGPORT_CA."
        ) from broken


@dataclass(frozen=True, slots=True)
class Target:
    """Where to push, and as whom."""

    login_url: str
    api_url: str
    tenant_id: str
    app_id: str
    ca: Path | None = None  # of a server whose certificate the system does not know
    data_type: str = "HR"


class Session:
    """Signed in lazily, again when the token runs out. Use it as a context manager."""

    def __init__(
        self,
        target: Target,
        credentials: Credentials,
        *,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._credentials = credentials
        self._now = now
        self._sleep = sleep
        self._token = ""
        self._token_ends: datetime | None = None
        self._http = httpx.Client(
            verify=trust_of(target.ca), timeout=httpx.Timeout(100, connect=10)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._http.close()

    def sign_in(self) -> datetime:
        """Get a new token; returns when it ends. Raises SignInFailed."""
        self._sign_in()
        return self._token_ends or self._now()

    def connection_id(self) -> str:
        """The id of the connection that the app may push to; raises Forbidden when there is none."""
        return str(self._get(self._connector()).json()["ConnectorId"])

    def scale_unit(self) -> str:
        """The scale unit of the tenant, which the live service wants with a push."""
        tenant = self._target.tenant_id
        answer = self._get(f"/v1.0/tenants/{tenant}/scopes/{tenant}/scaleUnit")
        return str(answer.json())

    def push(self, path: Path, *, progress: Progress = lambda _sent, _size: None) -> Ingestion:
        """Send the file and return the import that it started, running.

        Raises ImportRunning while another import is not finished, and the errors of `errors.py`.
        """
        body = body_of(path)
        headers = {
            **body.headers,
            "x-nova-scaleunit": self.scale_unit(),
            "Idempotency-Key": str(uuid.uuid4()),
        }
        url = f"{self._connector()}/ingestions/fileIngestion"
        for attempt in self._attempts():
            with attempt:
                answer = self._http.post(
                    self._target.api_url + url,
                    headers=headers | self._authorization(),
                    content=body.chunks(progress),
                )
        return Ingestion.parse(self._ok(answer).json())

    def push_when_free(
        self, path: Path, *, on_wait: Callable[[ImportRunning], None], progress: Progress
    ) -> Ingestion:
        """Push, waiting for as long as another import of the tenant is running."""
        waited = 0
        while True:
            try:
                return self.push(path, progress=progress)
            except ImportRunning as other:
                on_wait(other)
                waited += 1
                self._sleep(min(waited, _WAIT_SECONDS))

    def correct(
        self, import_id: str, correction: Path, *, progress: Progress = lambda _sent, _size: None
    ) -> tuple[Ingestion, dict[str, int]]:
        """Send the mended correction file of a failed import: the new import, and how many rows it changes.

        The package itself is not sent again. The counts are of rows Replaced, Removed and Added.
        """
        body = body_of(correction)
        headers = {**body.headers, "Idempotency-Key": str(uuid.uuid4())}
        url = f"{self._connector()}/ingestions/{quote(import_id, safe='')}/corrections"
        for attempt in self._attempts():
            with attempt:
                answer = self._http.post(
                    self._target.api_url + url,
                    headers=headers | self._authorization(),
                    content=body.chunks(progress),
                )
        content = self._ok(answer).json()
        return Ingestion.parse(content), dict(content["Corrections"])

    def ingestion(self, import_id: str) -> Ingestion:
        """The import as it stands now."""
        answer = self._get(f"{self._connector()}/ingestions/{quote(import_id, safe='')}")
        return Ingestion.parse(answer.json())

    def follow(self, import_id: str) -> Iterator[Ingestion]:
        """The import again and again, until it has ended; the last one is the ended one."""
        polls = 0
        while True:
            answer = self._get(f"{self._connector()}/ingestions/{quote(import_id, safe='')}")
            found = Ingestion.parse(answer.json())
            yield found
            if found.has_ended:
                return
            soon = _POLL_SECONDS[polls] if polls < len(_POLL_SECONDS) else None
            self._sleep(soon if soon is not None else min(2, retry_after(answer, 2)))
            polls += 1

    def errors(self, import_id: str, out: Path) -> None:
        """Write the import's error log to `out`, whole or not at all."""
        self._download(import_id, "errors", out)

    def correction_file(self, import_id: str, out: Path) -> None:
        """Write the failed rows of an import, to be mended, to `out`, whole or not at all."""
        self._download(import_id, "correction-file", out)

    def _download(self, import_id: str, what: str, out: Path) -> None:
        url = f"{self._connector()}/ingestions/{quote(import_id, safe='')}/{what}"
        part = out.with_name(out.name + ".part")
        try:
            for attempt in self._attempts():
                with (
                    attempt,
                    self._http.stream(
                        "GET", self._target.api_url + url, headers=self._headers("text/csv")
                    ) as answer,
                    part.open("wb") as file,
                ):
                    for chunk in self._ok(answer).iter_bytes():
                        file.write(chunk)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)

    def _connector(self) -> str:
        tenant, kind = self._target.tenant_id, self._target.data_type
        return f"/v1.0/scopes/{tenant}/ingress/connectors/{quote(kind, safe='')}"

    def _get(self, url: str) -> httpx.Response:
        for attempt in self._attempts():
            with attempt:
                answer = self._http.get(
                    self._target.api_url + url, headers=self._headers("application/json")
                )
        return self._ok(answer)

    def _headers(self, accept: str) -> dict[str, str]:
        return {"Accept": accept} | self._authorization()

    def _authorization(self) -> dict[str, str]:
        if self._token_ends is None or self._now() >= self._token_ends - _RENEW_BEFORE:
            self._sign_in()
        return {"Authorization": f"Bearer {self._token}"}

    def _sign_in(self) -> None:
        url = f"{self._target.login_url}/{self._target.tenant_id}/oauth2/v2.0/token"
        for attempt in self._attempts():
            with attempt:
                # A fresh assertion each time: one that was turned into a token is used up.
                form = {
                    "grant_type": "client_credentials",
                    "client_id": self._target.app_id,
                    "scope": SCOPE,
                    "client_assertion_type": ASSERTION_TYPE,
                    "client_assertion": self._credentials.assertion(
                        self._target.app_id, url, now=self._now()
                    ),
                }
                answer = self._http.post(url, data=form)
        if answer.status_code != httpx.codes.OK:
            raise token_error_of(answer)
        content = answer.json()
        self._token = content["access_token"]
        self._token_ends = self._now() + timedelta(seconds=int(content["expires_in"]))

    def _attempts(self) -> Iterator[stamina.Attempt]:
        try:
            yield from stamina.retry_context(on=_may_pass, attempts=3, timeout=60, wait_initial=0.3)
        except httpx.TransportError as fault:
            advice = (
                "Check the address and the network: orgport doctor says more."
                if _may_pass(fault)
                else "Give the authority that signed its certificate as ORGPORT_CA, a PEM file."
            )
            raise Unreachable(
                f"{self._target.api_url} cannot be reached: {fault}. {advice}"
            ) from fault

    def _ok(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != httpx.codes.OK:
            raise error_of(answer)
        if "json" not in answer.headers.get("Content-Type", "") and "csv" not in answer.headers.get(
            "Content-Type", ""
        ):
            raise Fault("The server answered something that is neither JSON nor csv.")
        return answer


def _may_pass(fault: Exception) -> bool:
    """Whether asking again may help: after faults of the network, but not for a server not trusted."""
    return isinstance(fault, httpx.TransportError) and "CERTIFICATE_VERIFY_FAILED" not in str(fault)
