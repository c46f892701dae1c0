"""The home folder: packages, records and sessions lie in it, so it and all that is written are ours alone."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from orgport.errors import BadInput

_OF_OTHERS, _WRITTEN_BY_ANYBODY = 0o077, 0o002
_FOLDERS = ("scratch", "static")

logger = logging.getLogger(__name__)


def take_home(home: Path) -> None:
    """Make the folder if need be, and close it and all that this process writes from now on to others.

    One that was there may be open to them, and hold files of an earlier version that are. Where it cannot be
    closed, because it belongs to another account as a mounted volume may, the log says so; BadInput is raised
    when another account can put files of its own in the place of ours.
    """
    os.umask(_OF_OTHERS)
    home.mkdir(parents=True, exist_ok=True)
    if home.stat().st_mode & _OF_OTHERS:
        _close(home)
    for name in _FOLDERS:
        (home / name).mkdir(exist_ok=True)


def _close(home: Path) -> None:
    try:
        home.chmod(home.stat().st_mode & ~_OF_OTHERS)
    except OSError:  # it is not ours, or nothing there can be changed
        if is_in_hands_of_others(home.stat()):
            raise BadInput(
                f"Other accounts can put files of their own in the place of those in {home}, such as the "
                "key that signs sessions. Give the folder to the server's account with mode 700, "
                "or name another with ORGPORT_HOME."
            ) from None
        logger.warning("%s belongs to another account and is open to others", home)


def is_in_hands_of_others(home: os.stat_result) -> bool:
    """Whether accounts that need not be trusted can replace what lies in a folder.

    Root can do so anyway. So can the members of its group where that may write, but a volume that is mounted
    for a container is given to it by a group of its own.
    """
    return home.st_uid not in (os.geteuid(), 0) or bool(home.st_mode & _WRITTEN_BY_ANYBODY)
