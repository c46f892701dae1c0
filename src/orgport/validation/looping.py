"""Loops over bytes that are written once: in plain Python for little, compiled for much.

Compiling, or loading what was compiled, costs half a second, so it waits until there is enough to do.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from orgport.memory import without_garbage

STRETCH = 32  # bytes that are looked at together
PADDING = bytes(STRETCH)  # behind bytes that are
POSITIVE = 0x7FFF_FFFF_FFFF_FFFF
_WORD = 0xFFFF_FFFF_FFFF_FFFF
SIGNS = b',"' + bytes(range(ord(" ")))
_BIT_OF_BYTE = bytes(ord("1" if byte in SIGNS else "0") for byte in range(256))
_COMPILED_FROM = 2 << 20  # bytes


def word_at(text: Any, place: int) -> int:
    """Eight bytes as a number, with its sign."""
    return int.from_bytes(text[place : place + 8], "little", signed=True)


def line_ends_at(text: Any, place: int) -> int:
    """How many LF stand in a stretch."""
    count: int = text[place : place + STRETCH].count(b"\n")
    return count


def signs_at(text: Any, place: int) -> int:
    """A bit for each byte of a stretch, the first one lowest: set for comma, quote and control character."""
    return int(text[place : place + STRETCH].translate(_BIT_OF_BYTE)[::-1], 2)


def lowest_bit(bits: int) -> int:
    """The place of the lowest bit that is set; there must be one."""
    return (bits & -bits).bit_length() - 1


def drawn_seed() -> int:
    """A seed for the hashes of a table: odd, 63 bits, told to nobody."""
    return secrets.randbits(63) | 1


def mix(seed: int, mixed: int, word: int) -> int:
    """The hash of a text, one more word of it mixed in; 63 bits.

    Both halves of the product by the secret are kept, so that what changes with any bit of a word depends on
    the secret: who does not know it cannot write texts that share a hash, and crowd a table.
    """
    product = ((mixed ^ word) & _WORD) * seed
    return (product ^ product >> 64) & POSITIVE


class Loop:
    """A function whose first argument is bytes; compiled once a process has much to do.

    In it nothing but numbers, arrays, the functions above and those that it `calls` may occur. A call with an
    array costs as much as a hundred steps, so texts are hashed and compared where they are met: as functions,
    inlined too, that took 0.40 s instead of 0.25 s on 100 MB. No number may leave 64 bits: compiled, it is
    undefined what comes then.
    """

    _compiles = False

    def __init__(
        self,
        function: Callable[..., Any],
        names: dict[str, Any],
        *,
        calls: tuple[Callable[..., Any], ...] = (),
    ) -> None:
        self.function = function
        self._names = names
        self._calls = calls
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, size: int, text: bytes | np.ndarray[Any, Any], *arguments: Any) -> Any:
        """Call it on `text`, of which `size` bytes are looked at."""
        if self._compiled is None and (size >= _COMPILED_FROM or Loop._compiles):
            self._compile()
        if self._compiled is None:
            return self.function(bytes(text), *arguments)
        return self._compiled(np.frombuffer(text, dtype=np.uint8), *arguments)

    def _compile(self) -> None:
        with without_garbage():
            from orgport.validation import compiling  # numba takes a third of a second

        Loop._compiles = True  # now the others cost little
        names = {**self._names, **compiling.FUNCTIONS}
        for function in self._calls:
            names[function.__name__] = compiling.part(FunctionType(function.__code__, names))
        self._compiled = compiling.compiled(FunctionType(self.function.__code__, names))
