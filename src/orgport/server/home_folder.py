"""The home folder: packages, records and sessions lie in it, so it and all that is written are ours alone."""

from __future__ import annotations

import logging
import os
from pathlib import Path

_OF_OTHERS = 0o077
_FOLDERS = ("scratch", "static")

logger = logging.getLogger(__name__)


def take_home(home: Path) -> None:
    """Make the folder if need be, and close it and all that this process writes from now on to others.

    One that was there may be open to them, and hold files of an earlier version that are; where it belongs
    to another account, as a mounted volume may, it stays as it is and the log says so.
    """
    os.umask(_OF_OTHERS)
    home.mkdir(parents=True, exist_ok=True)
    if home.stat().st_mode & _OF_OTHERS:
        try:
            home.chmod(home.stat().st_mode & ~_OF_OTHERS)
        except PermissionError:
            logger.warning("%s belongs to another account and is open to others", home)
    for name in _FOLDERS:
        (home / name).mkdir(exist_ok=True)
