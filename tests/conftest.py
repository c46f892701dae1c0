"""What every test shares: a home folder of its own, and the databases that tests run on.

Django reads its settings once, so the home has to stand before anything imports them. The tests run on
SQLite; with ORGPORT_TEST_DATABASE=postgresql the same tests run on a PostgreSQL of their own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from postgres import postgres

_home = Path(tempfile.mkdtemp(prefix="orgport-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for name in [name for name in os.environ if name.startswith("ORGPORT_")]:
    if name != "ORGPORT_TEST_DATABASE":
        del os.environ[name]
os.environ["ORGPORT_HOME"] = str(_home)
os.environ["ORGPORT_REQUESTS_PER_MINUTE"] = "0"
os.environ["ORGPORT_PUSHES_PER_MINUTE"] = "0"
os.environ["DJANGO_SETTINGS_MODULE"] = "orgport.server.django_settings"

if os.environ.get("ORGPORT_TEST_DATABASE") == "postgresql":
    os.environ["ORGPORT_DATABASE_URL"] = postgres().new_database("orgport")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database for a server of its own: once SQLite (an empty URL), once PostgreSQL."""
    return postgres().new_database() if request.param == "postgresql" else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each worker process make a home of its own.

    A worker that inherits the name of Django's settings reads them, with our home, before this file.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE")


def pytest_configure() -> None:
    """Set Django up when the home stands."""
    import django
    from django.conf import settings
    from django.db import connection

    django.setup()
    # The server's hasher is slow on purpose, and nearly every test makes an account.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if connection.vendor == "sqlite":
        # In a file, as the server has it: in memory, threads would lock each other out.
        connection.settings_dict["TEST"]["NAME"] = str(_home / "test-records.sqlite3")
