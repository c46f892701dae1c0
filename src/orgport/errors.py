"""The one exception tree: what stops the program, as opposed to what is wrong with the data.

OrgportError
├── BadInput            the caller gave something we cannot use (exit 2, HTTP 400)
│   └── BadPackage      a package that is refused at the door; `rule` says by which rule
├── SignInFailed        the token endpoint refused the client, or the token is no good (exit 3, 401)
├── Forbidden           signed in, but not allowed, or no connection is set up (exit 4, 403)
│   └── ConnectionNotSet  there is no active connection for this app and kind of data
├── ImportRunning       another import of the tenant is not finished (exit 5, 400)
├── NotFound            no such thing for this caller (exit 2, 404)
├── WrongState          the act does not fit the state of the thing (exit 2, 409)
├── Gone                kept for its time and then removed (exit 2, 410)
├── TooLarge            over a size limit (exit 2, 413)
├── UnsupportedMedia    a content type we do not take (exit 2, 415)
├── TooManyRequests     over a rate (exit 8, 429)
├── StorageFull         no room to keep a package durably (exit 8, 503)
├── Unreachable         network or time-out, seen by the client (exit 8, 503)
└── Fault               a bug or a broken store: ours to mend (exit 1, 500)

What is wrong with a package is never raised: it is a `Finding`.
"""

from __future__ import annotations

from typing import ClassVar


class OrgportError(Exception):
    """Something that stops an act; its message says what, where and how to mend it."""

    code: ClassVar[str] = "fault"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(OrgportError):
    """The caller gave something that cannot be used."""

    code = "bad_input"
    http_status = 400
    exit_code = 2


class BadPackage(BadInput):
    """A package that is refused before it becomes an import; `rule` is the code of the finding."""

    code = "bad_package"

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class SignInFailed(OrgportError):
    """No token could be had, or the token is no good."""

    code = "sign_in_failed"
    http_status = 401
    exit_code = 3


class Forbidden(OrgportError):
    """Signed in, but not allowed to do this, or no connection is set up for it."""

    code = "forbidden"
    http_status = 403
    exit_code = 4


class ConnectionNotSet(Forbidden):
    """There is no active connection for this app and kind of data."""

    code = "connection_not_set"


class ImportRunning(OrgportError):
    """Another import of the same tenant has not finished."""

    code = "previous_ingestion_not_complete"
    http_status = 400
    exit_code = 5

    def __init__(
        self,
        message: str = "Previous ingestion is not complete.",
        *,
        import_id: str = "",
        stage: str = "",
    ) -> None:
        super().__init__(message)
        self.import_id = import_id
        self.stage = stage


class NotFound(OrgportError):
    """There is no such thing for this caller."""

    code = "not_found"
    http_status = 404
    exit_code = 2


class WrongState(OrgportError):
    """The act does not fit the present state."""

    code = "wrong_state"
    http_status = 409
    exit_code = 2


class Gone(OrgportError):
    """It was kept for its time and then removed."""

    code = "gone"
    http_status = 410
    exit_code = 2


class TooLarge(OrgportError):
    """Over a size limit."""

    code = "too_large"
    http_status = 413
    exit_code = 2


class UnsupportedMedia(OrgportError):
    """A content type or charset that is not taken."""

    code = "unsupported_media"
    http_status = 415
    exit_code = 2


class TooManyRequests(OrgportError):
    """Over the allowed rate; `retry_after_seconds` says when to come again."""

    code = "too_many_requests"
    http_status = 429
    exit_code = 8

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StorageFull(OrgportError):
    """There is no room to keep a package durably; nothing was accepted."""

    code = "storage_full"
    http_status = 503
    exit_code = 8


class Unreachable(OrgportError):
    """The other side did not answer in time, or not at all."""

    code = "unreachable"
    http_status = 503
    exit_code = 8


class Fault(OrgportError):
    """A bug or a broken store: ours to mend, not the caller's."""
