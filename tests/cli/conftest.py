"""A shell for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import CommandLine


@pytest.fixture
def orgport(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)
