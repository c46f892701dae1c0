"""The signing keys stand before the tests: making them takes longer than a test does."""

from __future__ import annotations

import pytest
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    from orgport.server.wiring.signing import current_key
    from tenants import now

    with django_db_blocker.unblock():
        current_key(now())
