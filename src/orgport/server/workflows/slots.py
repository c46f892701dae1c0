"""The lasting names of workers: a restarted worker has the name of the one before and finds its imports."""

from __future__ import annotations

import fcntl
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Slot:
    """The lasting name of a worker: the host, and the first number that no other worker holds."""

    name: str
    lock: TextIO  # held as long as the process lives, however it ends

    def release(self) -> None:
        """Let another worker have the name."""
        self.lock.close()


def take_slot(folder: Path) -> Slot:
    """Take the first free slot of this host; the locks lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        lock = (folder / f"slot-{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            number += 1
        else:
            return Slot(f"{socket.gethostname()}/{number}", lock)
