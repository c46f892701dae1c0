"""`demo`: two of them at once; what it does otherwise is typed from the README by tests/docs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands import Site
from orgport.cli.demo import Place, _answering, _wait_until_ready
from orgport.errors import Fault
from orgport.server.settings import Settings
from orgport.server.tls import certificate_files


@contextmanager
def a_process(*, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", str(seconds)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_another_server_at_the_port_is_not_taken_for_the_demos_own(
    site: Site, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, port=site.live.port)
    certificate_files(settings, now=datetime.now(UTC))
    with a_process(seconds=1) as own, pytest.raises(Fault, match="did not start"):
        _wait_until_ready(settings, own, Place(tmp_path))
    with a_process(seconds=60) as own:
        _wait_until_ready(settings, own, Place(site.live.home))


def test_a_demo_that_runs_in_the_place_is_seen(site: Site, tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert _answering(place) == ""
    base = f"https://localhost:{site.live.port}"
    place.environment.write_text(f"BASE_URL='{base}'\n")
    assert _answering(place) == ""  # that of another authority
    place.authority.parent.mkdir()
    place.authority.write_bytes(Place(site.live.home).authority.read_bytes())
    assert _answering(place) == f"{base}/"
