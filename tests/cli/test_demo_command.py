"""`demo`: two of them at once; what it does otherwise is typed from the README by tests/docs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands import Site
from orgport.cli.demo import _wait_until_ready
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
        _wait_until_ready(settings, own, tmp_path)
    with a_process(seconds=60) as own:
        _wait_until_ready(settings, own, site.live.home)
