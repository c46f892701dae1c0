"""What the server keeps is data about people: no other account of the machine reads it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orgport.errors import BadInput
from orgport.server.home_folder import is_in_hands_of_others, take_home
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


@pytest.mark.parametrize(
    ("owner", "mode", "is_so"),
    [
        ("another", 0o750, True),
        ("root", 0o777, True),
        ("root", 0o1777, True),
        ("root", 0o2775, False),  # a volume given to a container by its group
        ("root", 0o755, False),
        ("us", 0o755, False),
    ],
)
def test_a_folder_is_in_the_hands_of_others_who_own_it_or_when_anybody_may_write(
    owner: str, mode: int, is_so: bool
) -> None:
    user = {"another": os.geteuid() + 1, "root": 0, "us": os.geteuid()}[owner]
    found = os.stat_result((stat.S_IFDIR | mode, 0, 0, 0, user, 0, 0, 0, 0, 0))
    assert is_in_hands_of_others(found) is is_so


@pytest.fixture
def unclosable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Path]]:
    """Makes a home of a mode that the system does not let us change."""
    before = os.umask(0o022)

    def refuse(path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    def make(mode: int) -> Path:
        home = tmp_path / "home"
        home.mkdir()
        home.chmod(mode)
        monkeypatch.setattr(Path, "chmod", refuse)
        return home

    yield make
    os.umask(before)


def test_a_home_that_cannot_be_closed_is_told_in_the_log(
    unclosable: Callable[[int], Path], caplog: pytest.LogCaptureFixture
) -> None:
    home = unclosable(0o755)
    take_home(home)
    assert "is open to others" in caplog.text
    assert (home / "scratch").is_dir()


def test_a_home_where_anybody_can_replace_our_files_is_refused(
    unclosable: Callable[[int], Path],
) -> None:
    home = unclosable(0o777)
    with pytest.raises(BadInput, match=r"mode 700, or name another with ORGPORT_HOME\.$"):
        take_home(home)
    assert not (home / "scratch").exists()


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
