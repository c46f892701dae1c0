"""Text that people and programs send to be kept: what can be stored, and fits where it is shown.

NUL cannot stand in a database, half of a surrogate pair in no file; a name is one line.
"""

from __future__ import annotations

import re
import unicodedata

from orgport.errors import BadInput

_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_KEPT_IN_NOTES = "\n\r\t"


def a_name(text: str, *, of: str, most: int) -> str:
    """The name without blanks around it; raises BadInput unless it is one line of 1 to `most` characters."""
    name = text.strip()
    if not name or len(name) > most:
        raise BadInput(f"{of} needs a name of 1 to {most} characters.")
    if wrong := unprintable(name):
        raise BadInput(f"The name holds {wrong}. Type it anew, on one line.")
    return name


def compared(name: str) -> str:
    """The name as it is compared with others: people take those for one that differ in case or blanks."""
    return " ".join(unicodedata.normalize("NFKC", name.casefold()).split())


def a_note(text: str, *, most: int) -> str:
    """The note without blanks around it; raises BadInput when it is too long or cannot be kept."""
    note = text.strip()
    if len(note) > most:
        raise BadInput(f"The note has {len(note):,} characters; at most {most:,} are kept.")
    if wrong := unprintable(note, but=_KEPT_IN_NOTES):
        raise BadInput(f"The note holds {wrong}, which cannot be kept. Type it anew.")
    return note


def unprintable(text: str, *, but: str = "") -> str:
    """What in a text is neither printed nor allowed, in words; empty for nothing."""
    for char in text:
        if char in but:
            continue
        match unicodedata.category(char):
            case "Cc":
                is_break = char in "\n\r\u0085"
                return "a line break" if is_break else f"a control character (U+{ord(char):04X})"
            case "Zl" | "Zp":
                return "a line break"
            case "Cs":
                return f"half a character (U+{ord(char):04X})"
    return ""


def refuse_addresses(text: str, what: str) -> None:
    """Raise BadInput for a text with an address: a privacy erase could not take it back out."""
    if _ADDRESS.search(text):
        raise BadInput(f"Write the {what} without addresses: it stays in the audit trail for ever.")
