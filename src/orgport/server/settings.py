"""The only reader of environment variables of the server: `ORGPORT_*`, each with a working default.

Everything that has to be kept lies under `home`; secrets are made there on first use, never defaulted.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

GIB = 1024**3
_YEAR_SECONDS = 31_536_000
_LEAST_IDLE_SECONDS = 5.0  # a busy machine may leave a transaction alone for some time


class Settings(BaseSettings):
    """How this server runs. Names in the environment are the field names with `ORGPORT_` before them."""

    model_config = SettingsConfigDict(env_prefix="ORGPORT_", extra="ignore")

    home: Path = Field(
        default=Path("var/orgport"),
        description="folder of everything the server keeps, closed to other accounts",
    )
    database_url: str = Field(
        default="", description="postgresql://…; empty: SQLite files under the home folder"
    )
    history_url: str = Field(default="", description="where Delta tables lie; empty: home/history")
    host: str = Field(default="127.0.0.1", description="address the web server listens on")
    port: int = Field(default=8443, description="port the web server listens on")
    public_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="comma-separated https bases, the first is canonical; empty: https://localhost:PORT",
    )
    tls_certificate: Path | None = Field(default=None, description="PEM chain; none: a local CA's")
    tls_key: Path | None = Field(default=None, description="PKCS#8 PEM key of tls_certificate")
    hsts_seconds: int | None = Field(
        default=None,
        ge=0,
        description="how long browsers insist on https; "
        "none: a year with a certificate of your own, else 0",
    )
    web_processes: int = Field(default=1, description="web server processes")
    scale_unit: str = Field(default="orgport-01", description="what scaleUnit answers")
    max_body_bytes: int = Field(default=GIB, description="largest body of a push, in bytes")
    token_lifetime_seconds: int = Field(default=3599, description="life of an access token")
    assertion_lifetime_seconds: int = Field(
        default=3600, description="longest life of an assertion"
    )
    assertion_reuse: Literal["never", "same-bytes"] = Field(
        default="never", description="whether the very same assertion may be shown again"
    )
    requests_per_minute: int = Field(
        default=600, description="per app, and per account of the native API; 0 is no limit"
    )
    pushes_per_minute: int = Field(default=60, description="per app; 0 is no limit")
    heartbeat_seconds: float = Field(default=2.0, description="how often a worker says it lives")
    stale_after_seconds: float = Field(
        default=10.0, description="a worker silent this long has died; its imports go to another"
    )
    stalled_after_seconds: float = Field(
        default=900.0, description="a stage without progress this long is begun again"
    )
    imports_per_worker: int = Field(default=2, description="imports that a worker runs at a time")
    modis_endpoint: bool = Field(
        default=False, description="whether the Microsoft 365 twin of the push endpoint answers"
    )
    keep_packages_days: int = Field(
        default=30, description="packages, logs and old versions are kept"
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("public_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(url.strip().rstrip("/") for url in value.split(",") if url.strip())
        return value

    @property
    def bases(self) -> tuple[str, ...]:
        """The public base URLs, canonical first, without a trailing slash."""
        return self.public_urls or (f"https://localhost:{self.port}",)

    @property
    def https_only_seconds(self) -> int:
        """How long browsers are told to come by https only (HSTS).

        Not with the local authority's certificate: browsers would no longer let anybody pass its warning.
        """
        if self.hsts_seconds is not None:
            return self.hsts_seconds
        return _YEAR_SECONDS if self.tls_certificate else 0

    @property
    def idle_transaction_seconds(self) -> float:
        """How long PostgreSQL lets somebody who does nothing keep locks.

        A worker that is frozen holds those of its transaction; who takes over waits for them.
        """
        return max(self.stale_after_seconds, _LEAST_IDLE_SECONDS)

    def as_environment(self) -> dict[str, str]:
        """The variables with which another process of this server reads the same settings."""
        values = {
            "home": str(self.home.resolve()),
            "public_urls": ",".join(self.public_urls),
            "tls_certificate": self.tls_certificate and str(self.tls_certificate.resolve()),
            "tls_key": self.tls_key and str(self.tls_key.resolve()),
        }
        every = {name: values.get(name, getattr(self, name)) for name in type(self).model_fields}
        return {
            f"ORGPORT_{name.upper()}": str(value)
            for name, value in every.items()
            if value not in (None, "")
        }


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
