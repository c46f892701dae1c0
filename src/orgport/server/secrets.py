"""The secrets that the server makes for itself under its home folder on first use."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from orgport.errors import BadInput

_OF_OTHERS, _WRITTEN_BY_OTHERS = 0o077, 0o022


def secret_key(home: Path) -> str:
    """The key that signs sessions and encrypts signing keys at rest; made once, readable by us alone.

    Raises BadInput for one that somebody else can have put there.
    """
    path = home / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def _kept(path: Path) -> str:
    with path.open() as file:
        found = os.fstat(file.fileno())
        if found.st_uid not in (os.geteuid(), 0) or found.st_mode & _WRITTEN_BY_OTHERS:
            raise BadInput(
                f"{path} can be written by other accounts, so it may not be ours. "
                "Give it to the server's account with mode 600 if it is, else delete it: "
                "then everybody signs in anew, and tokens have to be asked for again."
            )
        if found.st_uid == os.geteuid() and found.st_mode & _OF_OTHERS:
            os.fchmod(file.fileno(), 0o600)
        return file.read().strip()
