"""One running server with a worker for all clients, over TLS as in the field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from live import Live, live_server
from senders import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with live_server(tmp_path_factory.mktemp("site") / "home") as live:
        sender = live.prepare()
        live.start_web()
        live.start_worker()
        yield Site(live, sender)


@pytest.fixture
def live(site: Site, monkeypatch: pytest.MonkeyPatch) -> Live:
    """The server, trusted by every client that reads the usual variables."""
    authority = str(site.live.home / "tls" / "ca.pem")
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, authority)
    return site.live
