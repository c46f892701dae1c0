"""What the server keeps is data about people: no other account of the machine reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orgport.errors import BadInput
from orgport.server.secrets import secret_key


def take(home: Path) -> None:
    """As every process of the server does when it starts."""
    code = "import orgport.server.django_settings, pathlib; pathlib.Path('home/kept.txt').touch()"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ORGPORT_HOME": str(home)},
        cwd=home.parent,
        check=True,
        umask=0o022,
    )


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_home_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    take(home)
    assert [mode(home), mode(home / "scratch")] == [0o700, 0o700]
    assert [mode(home / name) for name in ("secret.key", "kept.txt")] == [0o600, 0o600]


def test_a_home_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    take(home)
    assert mode(home) == 0o700


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("kept")
    key.chmod(0o644)
    assert secret_key(tmp_path) == "kept"
    assert mode(key) == 0o600


def test_a_key_that_others_could_have_put_there_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("planted")
    key.chmod(0o666)
    with pytest.raises(BadInput, match="can be written by other accounts"):
        secret_key(tmp_path)
