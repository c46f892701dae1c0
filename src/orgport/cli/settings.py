"""The only reader of environment variables of the command line: `ORGPORT_*`, all optional."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_config_path, user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "ORGPORT_"
TARGET_FIELDS = ("login_url", "api_url", "tenant_id", "app_id", "certificate", "key", "ca")


class ClientSettings(BaseSettings):
    """Where to push and as whom, so that `orgport push FILE` needs no flag."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    login_url: str = Field(default="", description="login base, such as https://localhost:8443")
    api_url: str = Field(default="", description="API base; empty: the login base")
    tenant_id: str = Field(default="", description="Directory (tenant) ID")
    app_id: str = Field(default="", description="Application (client) ID")
    certificate: str = Field(
        default="", description="name in the local store, CN=name, or a PEM file"
    )
    key: Path | None = Field(default=None, description="PEM file of the key, if not in the first")
    ca: Path | None = Field(default=None, description="PEM file of a local authority")
    profile: str = Field(default="", description="a target of `orgport profile`, by its name")
    store: Path = Field(
        default_factory=lambda: user_data_path("orgport"),
        description="folder of certificates made here",
    )
    config: Path = Field(
        default_factory=lambda: user_config_path("orgport"),
        description="folder of the profiles",
    )
    home: Path = Field(default=Path("var/orgport"), description="beside a server: its home folder")
    history_url: str = Field(default="", description="beside a server: where its tables lie")
    trace: bool = Field(default=False, description="show where a fault of ours happened")


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + field.upper()
