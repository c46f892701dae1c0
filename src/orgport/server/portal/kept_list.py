"""The list of a deletion between the page that asks for it and the one that confirms it.

The file stays in the inbox; the page holds only which one, signed, so that nobody can name another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.core import signing

from orgport.errors import Gone
from orgport.server.records.models import Tenant
from orgport.server.wiring.deletions import KEPT_OVER, kept_addresses

_SALT = "delete-employees"
_LIFE = timedelta(hours=1)  # as long as the inbox keeps what no import names


@dataclass(frozen=True, slots=True)
class KeptList:
    """A csv of addresses in the inbox."""

    sha256: str
    file_name: str

    @property
    def path(self) -> Path:
        """The file; raises Gone when its time is over."""
        return kept_addresses(self.sha256)

    def sealed(self, tenant: Tenant) -> str:
        """Which file it is, for the page of this tenant."""
        return signing.dumps([str(tenant.id), self.sha256, self.file_name], salt=_SALT)

    @classmethod
    def opened(cls, text: str, tenant: Tenant) -> KeptList:
        """The list that the page of this tenant holds; raises Gone when that was too long ago."""
        try:
            owner, *rest = signing.loads(text, salt=_SALT, max_age=_LIFE)
        except signing.BadSignature as broken:
            raise Gone(KEPT_OVER) from broken
        if owner != str(tenant.id):
            raise Gone(KEPT_OVER)
        return cls(*rest)
