"""The certificate that the server serves with: a configured one, else one of a local authority.

<home>/tls/ca.pem, ca.key            the authority; clients are told to trust ca.pem
<home>/tls/server.pem, server.key    issued anew when the names change or its end is near
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from orgport.errors import BadInput
from orgport.identity.authority import (
    KeyAndCertificate,
    issue_server_certificate,
    new_authority,
)
from orgport.server.settings import Settings

AUTHORITY_NAME = "orgport local authority"
ALWAYS = ("localhost", "127.0.0.1")
_RENEW_BEFORE = timedelta(days=30)


def certificate_files(settings: Settings, *, now: datetime) -> tuple[Path, Path]:
    """The files of the certificate chain and of its key; raises BadInput for one without the other."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate and key:
        for path in (certificate, key):
            if not path.is_file():
                raise BadInput(
                    f"There is no file {path}. Mend ORGPORT_TLS_CERTIFICATE and ORGPORT_TLS_KEY."
                )
        return certificate, key
    if certificate or key:
        raise BadInput("Set both ORGPORT_TLS_CERTIFICATE and ORGPORT_TLS_KEY, or neither.")
    hosts = [host for base in settings.bases if (host := urlsplit(base).hostname)]
    return _local(authority_folder(settings), list(dict.fromkeys([*hosts, *ALWAYS])), now)


def authority_folder(settings: Settings) -> Path:
    """The folder in which the local authority keeps `ca.pem`."""
    return settings.home.resolve() / "tls"


def _local(folder: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate, key = folder / "server.pem", folder / "server.key"
    authority = _pair(folder / "ca.pem", folder / "ca.key")
    if authority is None:
        authority = new_authority(AUTHORITY_NAME, now=now)
        _write(folder / "ca.key", authority.key_pem, mode=0o600)
        _write(folder / "ca.pem", authority.certificate_pem, mode=0o644)
    elif (pair := _pair(certificate, key)) and _serves(pair.certificate_pem, names, now):
        return certificate, key
    issued = issue_server_certificate(authority, names, now=now)
    _write(key, issued.key_pem, mode=0o600)
    _write(certificate, issued.certificate_pem + authority.certificate_pem, mode=0o644)
    return certificate, key


def _pair(certificate: Path, key: Path) -> KeyAndCertificate | None:
    if not (certificate.is_file() and key.is_file()):
        return None
    return KeyAndCertificate(key_pem=key.read_bytes(), certificate_pem=certificate.read_bytes())


def _serves(pem: bytes, names: Sequence[str], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(pem)
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(name.value) for name in said}
    return set(names) <= known and certificate.not_valid_after_utc > now + _RENEW_BEFORE


def _write(path: Path, content: bytes, *, mode: int) -> None:
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)
