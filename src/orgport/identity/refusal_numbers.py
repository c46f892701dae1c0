"""What each number of the token endpoint's refusals means, and what mends it, for the page of `error_uri`."""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """A sentence on what was refused, and one on what to do."""

    what: str
    mend: str


_PROGRAM = "This is for whoever wrote the client: docs/reference/http.md says what is taken."
MEANINGS = {
    50027: Meaning(
        "The client assertion is not usable",
        "Build a new one for every sign-in, signed RS256 or PS256 with the registered certificate.",
    ),
    70003: Meaning("Only client credentials are granted here", _PROGRAM),
    70011: Meaning("The scope is not known", "Ask for one resource, with /.default behind it."),
    90002: Meaning(
        "The tenant was not found",
        "Compare the Directory (tenant) ID with the one on the app's page, App registrations.",
    ),
    90012: Meaning(
        "The host name is not one of this server's",
        "Use one of the addresses in ORGPORT_PUBLIC_URLS.",
    ),
    90014: Meaning("There is no such path below this tenant", _PROGRAM),
    90033: Meaning("The server failed", "Try again; if it persists, tell whoever runs the server."),
    90055: Meaning("Too many requests", "Wait as long as the header Retry-After says."),
    500011: Meaning("The resource is not known", "Ask for the resource that the refusal names."),
    700016: Meaning(
        "The application was not found in this tenant, or is disabled",
        "Compare the Application (client) ID and the tenant ID with the app's page, App registrations.",
    ),
    700021: Meaning(
        "Issuer, subject and client_id do not name the same app",
        "All of them are the Application (client) ID.",
    ),
    700023: Meaning(
        "The assertion was made for another token endpoint",
        "Its audience is the URL that the token is asked from.",
    ),
    700024: Meaning(
        "The assertion is outside of its time, or lives too long",
        "Set the clock of the sending machine, and build a new assertion for every sign-in.",
    ),
    700027: Meaning(
        "The app may not sign in with this certificate",
        "Upload its public part under App registrations, or sign with one listed there that is valid.",
    ),
    700054: Meaning(
        "Nobody signs in to this server with a browser by this path",
        "Clients sign in with a certificate; people by the portal.",
    ),
    900144: Meaning("A field of the form is missing, repeated or unreadable", _PROGRAM),
    900561: Meaning("The request has another method, type or size than is taken", _PROGRAM),
    7000213: Meaning("The type of the client assertion is another one", _PROGRAM),
    7000218: Meaning(
        "The request holds no client assertion",
        "Secrets are not taken: let the client sign in with the app's certificate.",
    ),
}
