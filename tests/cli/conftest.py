"""A shell for each test: where a test asks for a site, one that is pointed at that server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import CommandLine, Site, shell_at
from live import live_server


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with live_server(tmp_path_factory.mktemp("server") / "home") as live:
        sender = live.prepare()
        live.start_worker()
        live.start_web()
        yield Site(live, sender)


@pytest.fixture(scope="session")
def idle_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server without a worker: what is pushed goes on running."""
    with live_server(tmp_path_factory.mktemp("idle") / "home") as live:
        sender = live.prepare()
        live.start_web()
        yield Site(live, sender)


@pytest.fixture
def orgport(request: pytest.FixtureRequest, tmp_path: Path) -> CommandLine:
    for name in ("idle_site", "site"):
        if name in request.fixturenames:
            return shell_at(request.getfixturevalue(name), tmp_path)
    return CommandLine(tmp_path)
