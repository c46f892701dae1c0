"""The machine of a data source admin: the real command line, a store of its own, and files to send."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from factories import a_mapping, csv_of
from live import Live, Sender
from orgport.package.write import write_package


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a machine pushes: the two IDs that the tenant admin hands out, and a certificate."""

    app_id: str
    tenant_id: str
    certificate: str  # a name in the store, or a file


@dataclass(frozen=True, slots=True)
class SendingMachine:
    """Knows the server's address and authority, and nothing else of it."""

    folder: Path
    server: Live

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run `orgport` to its end."""
        clean = {name: value for name, value in os.environ.items() if "ORGPORT" not in name}
        own = {
            "ORGPORT_STORE": str(self.folder / "store"),
            "ORGPORT_LOGIN_URL": self.server.url,
            "ORGPORT_CA": str(self.server.home / "tls" / "ca.pem"),
        }
        return subprocess.run(
            [sys.executable, "-m", "orgport.cli", *map(str, arguments)],
            env=clean | own,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def make_certificate(self, name: str) -> Path:
        """The public file of a new certificate; its key stays here."""
        done = self.run("certificate", "new", name)
        assert done.returncode == 0, done.stderr
        return self.folder / "store" / "certificates" / f"{name}.cer"

    def identity_of(self, sender: Sender) -> Identity:
        """Become the machine of an app that is ready to push."""
        file = self.folder / "sender.pem"
        file.write_text(sender.key + sender.certificate)
        return Identity(sender.app, sender.tenant, str(file))

    def pack(self, name: str, persons: Sequence[dict[str, str]]) -> Path:
        """A package of the persons, made with the command line."""
        data, package = self._csv(name, persons), self.folder / f"{name}.zip"
        done = self.run("pack", data, "--full", "--yes", "--out", package)
        assert done.returncode == 0, done.stderr
        return package

    def package(self, name: str, persons: Sequence[dict[str, str]]) -> Path:
        """The same without the second that the command line takes."""
        data, package = self._csv(name, persons), self.folder / f"{name}.zip"
        write_package(data, a_mapping(*persons[0]), package)
        return package

    def push(
        self, package: Path, identity: Identity, *options: str
    ) -> subprocess.CompletedProcess[str]:
        """Push a package with flags, as a scheduled task would."""
        flags = ["--app-id", identity.app_id, "--tenant-id", identity.tenant_id]
        return self.run("push", package, *flags, "--certificate", identity.certificate, *options)

    def _csv(self, name: str, persons: Sequence[dict[str, str]]) -> Path:
        data = self.folder / f"{name}.csv"
        data.write_bytes(csv_of(persons, list(persons[0])))
        return data
