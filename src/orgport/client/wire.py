"""What goes over the wire: the ingestion object, bodies as they are streamed, and answers as errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from orgport.errors import (
    BadInput,
    Fault,
    Forbidden,
    Gone,
    ImportRunning,
    NotFound,
    OrgportError,
    SignInFailed,
    StorageFull,
    TooLarge,
    TooManyRequests,
    UnsupportedMedia,
    WrongState,
)

_CHUNK_BYTES = 1024 * 1024
_BOUNDARY = "orgport-7d6f1c9b5e2a4f08"
_ENDED = frozenset({"Completed", "ValidationFailed", "ProcessingFailed", "Abandoned"})
_CONTENT_TYPES = {".csv": "text/csv", ".json": "application/json"}

Progress = Callable[[int, int], None]  # bytes sent, bytes in all


@dataclass(frozen=True, slots=True)
class Ingestion:
    """An import as the ingress API tells of it; `status` is one of its words, such as Completed."""

    id: str
    status: str
    started: str
    ended: str | None
    error_detail: str | None
    stage: str | None = None  # said while it waits for an approver
    page: str | None = None  # and where that is decided

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> Ingestion:
        """The ingestion in a JSON answer; keys that are not known are ignored."""
        return cls(
            id=answer["Id"],
            status=answer["Status"],
            started=answer["StartDate"],
            ended=answer.get("EndDate"),
            error_detail=answer.get("ErrorDetail"),
            stage=answer.get("Stage"),
            page=answer.get("StageUrl"),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the status will not change any more."""
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class Body:
    """A file as the body of a push: its headers, and its bytes each time it is sent."""

    path: Path
    headers: Mapping[str, str]
    before: bytes = b""
    after: bytes = b""

    def chunks(self, progress: Progress) -> Iterator[bytes]:
        """The bytes of the body; progress counts those of the file."""
        size = self.path.stat().st_size
        sent = 0
        if self.before:
            yield self.before
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
                sent += len(chunk)
                progress(sent, size)
        if self.after:
            yield self.after


def body_of(path: Path) -> Body:
    """The body for a file by its ending: csv and json raw, everything else as multipart."""
    size = path.stat().st_size
    raw = _CONTENT_TYPES.get(path.suffix.lower())
    if raw:
        return Body(path, {"Content-Type": raw, "Content-Length": str(size)})
    name = path.name.replace('"', "_").encode("ascii", "replace").decode()
    before = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="info"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    after = f"\r\n--{_BOUNDARY}--\r\n".encode()
    headers = {
        "Content-Type": f'multipart/form-data; boundary="{_BOUNDARY}"',
        "Content-Length": str(len(before) + size + len(after)),
    }
    return Body(path, headers, before, after)


def error_of(answer: httpx.Response) -> OrgportError:
    """The error that an answer of the ingress API means."""
    code, message = _code_and_message(answer)
    match answer.status_code:
        case 400 if code == ImportRunning.code or message.startswith("Previous ingestion"):
            return _import_running(answer, message)
        case 401:
            return SignInFailed(message)
        case 403:
            return Forbidden(message)
        case 404:
            return NotFound(message)
        case 409:
            return WrongState(message)
        case 410:
            return Gone(message)
        case 413:
            return TooLarge(message)
        case 415:
            return UnsupportedMedia(message)
        case 429:
            return TooManyRequests(message, retry_after_seconds=retry_after(answer, 10))
        case 503:
            return StorageFull(message)
        case status if status >= 500:
            return Fault(f"The server failed ({status}): {message}")
    return BadInput(message)


def token_error_of(answer: httpx.Response) -> OrgportError:
    """The error that an answer of the token endpoint means."""
    try:
        content = answer.json()
    except ValueError:
        content = {}
    described = content.get("error_description") if isinstance(content, dict) else None
    message = str(described or f"The token endpoint answered {answer.status_code}.")
    message = message.split(" Trace ID:")[0]
    if answer.status_code == 429:
        return TooManyRequests(message, retry_after_seconds=retry_after(answer, 10))
    return SignInFailed(message)


def retry_after(answer: httpx.Response, otherwise: int) -> int:
    """The seconds that the server asks to wait, at most a minute."""
    text = answer.headers.get("Retry-After", "")
    return min(int(text), 60) if text.isdecimal() else otherwise


def _import_running(answer: httpx.Response, message: str) -> ImportRunning:
    try:
        which = json.loads(answer.read())["error"]["details"][0]
        return ImportRunning(message, import_id=str(which["id"]), stage=str(which["stage"]))
    except (ValueError, LookupError, TypeError):
        return ImportRunning(message)


def _code_and_message(answer: httpx.Response) -> tuple[str, str]:
    try:
        error = json.loads(answer.read())["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", f"The server answered {answer.status_code} without saying why."
