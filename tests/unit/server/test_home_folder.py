"""What the server keeps is data about people: no other account of the machine reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_new_home_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "var" / "home"
    subprocess.run(
        [sys.executable, "-c", "import orgport.server.django_settings"],
        env={**os.environ, "ORGPORT_HOME": str(home)},
        check=True,
        umask=0o022,
    )
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
