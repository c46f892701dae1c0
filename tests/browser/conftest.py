"""One server with its worker for the whole folder; a Chromium for each file; a window for each visitor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from portal import sign_in
from sending_machine import SendingMachine
from tenancies import Tenancy, make_tenancies
from windows import PATIENCE_MS, Window, chromium, open_window

from live import Live, live_server
from postgres import postgres

NEW = [f"Contoso {name}" for name in ("North", "South", "East", "West", "Campus", "Sheets")]
READY = [
    f"Contoso {name}"
    for name in (
        "Sales", "Legal", "Finance", "Support", "Service", "Research", "Cells", "Files", "Types",
        "Retail", "Payroll", "Reports", "Leavers", "Fields", "Limits",
    )
]  # fmt: skip


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A prepared server; on PostgreSQL when the whole run is."""
    is_postgresql = os.environ.get("ORGPORT_TEST_DATABASE") == "postgresql"
    database = postgres().new_database() if is_postgresql else ""
    with live_server(tmp_path_factory.mktemp("browser") / "home", database_url=database) as live:
        live.prepare()
        live.start_web()
        live.start_worker()
        yield live


@pytest.fixture(scope="session")
def tenancies(server: Live) -> dict[str, Tenancy]:
    """Tenants by name, each for one test."""
    return make_tenancies(server, new=NEW, ready=READY)


# Not for the session: Playwright's event loop would be in the way of what runs Django in this process.
@pytest.fixture(scope="module")
def browser(server: Live) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium(server.home / "tls" / "ca.pem") as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, server: Live) -> Iterator[Callable[..., Window]]:
    """Open a window, and sign in there as somebody."""
    with ExitStack() as windows:

        def opened(email: str = "", *, width: int = 1280, with_script: bool = True) -> Window:
            window = windows.enter_context(
                open_window(browser, server.url, width=width, with_script=with_script)
            )
            if email:
                sign_in(window.page, email)
            return window

        yield opened


@pytest.fixture
def machine(server: Live, tmp_path: Path) -> SendingMachine:
    """The machine of a data source admin."""
    return SendingMachine(tmp_path, server)
