"""Where a command talks to and as whom.

Flags go first, then a profile that is named, then the environment, then the profile in use.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.files import clean_path
from orgport.cli.terminal import say
from orgport.errors import BadInput, SignInFailed

if TYPE_CHECKING:
    from orgport.cli.settings import ClientSettings
    from orgport.client import Session

ProfileName = Annotated[str, typer.Option("--profile", help="A target of `orgport profile`.")]


def settings_of(profile: str = "") -> ClientSettings:
    """The settings of this command; raises BadInput when there is no such profile.

    A profile that is named goes before the environment; the one in use fills in only where the
    environment says nothing at all about the target, so that two targets are never mixed.
    """
    from orgport.cli.profiles import in_use, read
    from orgport.cli.settings import TARGET_FIELDS, ClientSettings

    settings = ClientSettings()
    name = profile or settings.profile
    if name:
        blank = {field: type(settings).model_fields[field].default for field in TARGET_FIELDS}
        return settings.model_copy(update=blank | read(settings, name))
    if settings.model_fields_set.isdisjoint(TARGET_FIELDS) and (used := in_use(settings)):
        return settings.model_copy(update=read(settings, used))
    return settings


def session_of(settings: ClientSettings) -> Session:
    """A session of the settings alone; raises BadInput naming what is missing."""
    need_target(settings)
    return open_session(
        settings,
        app_id=guid(settings.app_id, "application ID"),
        tenant_id=guid(settings.tenant_id, "tenant ID"),
        certificate=settings.certificate,
    )


def need_target(settings: ClientSettings) -> None:
    """Raise BadInput, naming the variables, unless the settings say where to ask and as whom."""
    if missing := missing_of(settings):
        raise BadInput(
            f"Set {', '.join(missing)} to say where and as whom to ask, or name a target: "
            "orgport profile set NAME"
        )


def missing_of(settings: ClientSettings) -> list[str]:
    """The variables that are not set of those that say where to ask and as whom."""
    from orgport.cli.settings import variable

    needed = ("login_url", "tenant_id", "app_id", "certificate")
    return [variable(name) for name in needed if not getattr(settings, name)]


def open_session(
    settings: ClientSettings,
    *,
    app_id: str,
    tenant_id: str,
    certificate: str,
    endpoint: str = "",
    login_url: str = "",
    data_type: str = "HR",
) -> Session:
    """A session, not signed in yet.

    Raises BadInput for an address or a certificate that cannot be, SignInFailed for one that has expired.
    """
    from stamina.instrumentation import set_on_retry_hooks

    from orgport.client import Session, Target
    from orgport.client.credentials import load_credentials

    set_on_retry_hooks([])  # a second try is nobody's business, and its log is for programmers
    login, api = addresses(settings, endpoint=endpoint, login_url=login_url)
    target = Target(login, api, tenant_id, app_id, ca=settings.ca, data_type=data_type)
    files = certificate_files(settings, certificate)
    credentials = load_credentials(*files)
    _judge_dates(*files)
    return Session(target, credentials)


def _judge_dates(certificate: Path, key: Path | None) -> None:
    """Say that a certificate ends soon; raises SignInFailed for one that no server takes today."""
    from orgport.client.diagnosis import State, check_certificate

    check = check_certificate(certificate, key, datetime.now(UTC))
    said = f"The certificate {check.message}. {check.hint}"
    if check.state is State.FAILED:
        raise SignInFailed(said)
    if check.state is State.WARNING:
        say(said)


def addresses(
    settings: ClientSettings, *, endpoint: str = "", login_url: str = ""
) -> tuple[str, str]:
    """The bases of login and API, without a trailing slash; raises BadInput unless both are https."""
    login = (login_url or endpoint or settings.login_url).strip().rstrip("/")
    api = (endpoint or settings.api_url or login).strip().rstrip("/")
    for base in (login, api):
        if not base.startswith("https://") or not base.removeprefix("https://"):
            raise BadInput(
                f"{base or 'Nothing'} is not an https address. Give the server's with --endpoint "
                "or ORGPORT_LOGIN_URL, such as https://localhost:8443."
            )
    return login, api


def certificate_files(settings: ClientSettings, certificate: str) -> tuple[Path, Path | None]:
    """The file of a certificate and that of its key, None when one file holds both."""
    from orgport.cli.certificates import stored

    given = clean_path(certificate)
    if given.is_file():
        return given, settings.key
    found = stored(certificate)
    if found is None:
        raise BadInput(
            f"There is no certificate {certificate}, neither in the local store nor as a file. "
            "See: orgport certificate list"
        )
    return found


def guid(text: str, what: str) -> str:
    """The id as a GUID is written; raises BadInput."""
    try:
        return str(uuid.UUID(text.strip().strip("\"'")))
    except ValueError:
        raise BadInput(
            f"The {what} {text!r} is not a GUID such as 9d827643-d003-4cca-9dc8-71213a8f1644. "
            "Copy it from the app's page in the portal."
        ) from None
