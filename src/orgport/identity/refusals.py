"""Why a token endpoint refuses: the error of RFC 6749, the number that clients know, the words."""

from __future__ import annotations

from orgport.errors import SignInFailed


class AssertionRefused(SignInFailed):
    """A request for a token was refused; the message goes to the client, `reason` to the audit trail."""

    def __init__(
        self, error: str, number: int, message: str, *, status: int = 401, reason: str = ""
    ) -> None:
        super().__init__(message)
        self.error = error
        self.number = number
        self.status = status
        self.reason = reason or message


def malformed(reason: str) -> AssertionRefused:
    """The assertion is not one of the form and algorithms that are taken."""
    message = (
        "The client assertion is not usable: "
        f"{reason}. Build a new one, signed RS256 or PS256 with the registered certificate."
    )
    return AssertionRefused("invalid_client", 50027, message, reason=reason)


def bad_certificate(reason: str, advice: str) -> AssertionRefused:
    """The certificate behind the assertion is not one that the app may sign with."""
    return AssertionRefused("invalid_client", 700027, f"{reason}. {advice}", reason=reason)


def disagreement(reason: str) -> AssertionRefused:
    """Issuer, subject and client_id do not name the same app."""
    message = f"{reason}. Issuer and subject must both be the Application (client) ID."
    return AssertionRefused("invalid_client", 700021, message, reason=reason)


def wrong_audience() -> AssertionRefused:
    """The assertion was made for another token endpoint."""
    reason = "The audience of the client assertion is not this token endpoint"
    return AssertionRefused(
        "invalid_client",
        700023,
        f"{reason}. Use the URL that the token is asked from.",
        reason=reason,
    )


def wrong_time(reason: str) -> AssertionRefused:
    """The assertion is outside of its time range, or lives too long."""
    message = f"{reason}. Check the clock of this machine and build a new assertion."
    return AssertionRefused("invalid_client", 700024, message, reason=reason)


def unknown_app() -> AssertionRefused:
    """No such app in this tenant, or it is disabled."""
    reason = "The application was not found in this tenant, or is disabled"
    return AssertionRefused(
        "unauthorized_client",
        700016,
        f"{reason}. Check application ID and tenant ID with the tenant admin.",
        status=400,
        reason=reason,
    )
