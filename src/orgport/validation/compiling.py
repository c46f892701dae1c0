"""Compiles loops over arrays of bytes with numba; only imported where a file is large."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import config
from numba.extending import intrinsic

from orgport.validation.looping import POSITIVE, SIGNS, STRETCH

_STRETCH = ir.VectorType(ir.IntType(8), STRETCH)


def _kept_in(folder: Path, sources: Iterable[Path]) -> Path:
    """Where what is compiled of these sources is kept.

    numba itself looks at the file of a loop alone, not at those of the functions that it calls.
    """
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    return folder / f"loops-{digest.hexdigest()[:16]}"


def _keep_apart() -> None:
    chosen: str = getattr(config, "CACHE_DIR", "")  # by NUMBA_CACHE_DIR
    here = Path(__file__)
    folder = Path(chosen or here.with_name("__pycache__"))
    if os.access(folder if folder.exists() else folder.parent, os.W_OK):  # else numba finds a place
        kept_in = _kept_in(folder, (here, here.with_name("looping.py")))
        config.CACHE_DIR = str(kept_in)  # type: ignore[attr-defined]  # numba makes it at its import


_keep_apart()


def compiled(loop: FunctionType) -> Callable[..., Any]:
    """The loop as machine code, which runs beside other threads; kept for later where it can be."""
    try:
        kept = numba.njit(nogil=True, cache=True)(loop)
    except RuntimeError:  # there is no folder to keep it in
        return numba.njit(nogil=True)(loop)
    return _KeptOrNot(kept, loop)


def part(function: FunctionType) -> Callable[..., Any]:
    """A function that a loop calls; compiled and kept together with it."""
    called: Callable[..., Any] = numba.njit(nogil=True)(function)
    return called


class _KeptOrNot:
    """Calls what is kept, and once that cannot be written or read what is not."""

    def __init__(self, kept: Callable[..., Any], loop: FunctionType) -> None:
        self._call, self._loop = kept, loop

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._call(*arguments)
        except Exception:  # whatever a damaged file makes of it: the loops raise nothing
            self._call = numba.njit(nogil=True)(self._loop)
            return self._call(*arguments)


@intrinsic
def word_at(context: Any, text: Any, place: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """Eight bytes of an array as a number, wherever they begin."""

    def load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(pointer, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.int64(text, place), load


@intrinsic
def mix(context: Any, seed: Any, mixed: Any, word: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """`looping.mix`; numba itself has no product of 128 bits."""

    def step(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, wide = ir.IntType(64), ir.IntType(128)
        secret, *words = [
            context.cast(builder, value, given, types.int64)
            for value, given in zip(arguments, signature.args, strict=True)
        ]
        factors = builder.zext(builder.xor(*words), wide), builder.zext(secret, wide)
        product = builder.mul(*factors)
        upper = builder.trunc(builder.lshr(product, wide(64)), kind)
        return builder.and_(builder.xor(upper, builder.trunc(product, kind)), kind(POSITIVE))

    return types.int64(seed, mixed, word), step


@intrinsic
def signs_at(context: Any, text: Any, place: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """`looping.signs_at`, all bytes at once."""

    def find(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        stretch = _stretch(context, builder, signature, arguments)
        signs = builder.icmp_unsigned("<", stretch, _all_of(" "))
        for byte in SIGNS:
            if byte >= ord(" "):
                signs = builder.or_(signs, builder.icmp_unsigned("==", stretch, _all_of(chr(byte))))
        return _bits(builder, signs)

    return types.int64(text, place), find


@intrinsic
def line_ends_at(context: Any, text: Any, place: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """`looping.line_ends_at`, all bytes at once."""

    def count(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        stretch = _stretch(context, builder, signature, arguments)
        ends = builder.icmp_unsigned("==", stretch, _all_of("\n"))
        return builder.ctpop(_bits(builder, ends))

    return types.int64(text, place), count


def _stretch(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """A stretch of bytes, wherever it begins."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    pointer = builder.gep(array.data, [arguments[1]])
    stretch = builder.load(builder.bitcast(pointer, _STRETCH.as_pointer()))
    stretch.align = 1
    return stretch


def _all_of(sign: str) -> Any:
    return ir.Constant(_STRETCH, [ord(sign)] * STRETCH)


def _bits(builder: Any, flags: Any) -> Any:
    """A bit for each byte of a stretch, the first one lowest."""
    return builder.zext(builder.bitcast(flags, ir.IntType(STRETCH)), ir.IntType(64))


@intrinsic
def lowest_bit(context: Any, bits: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """`looping.lowest_bit`."""

    def count(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        widened = context.cast(builder, arguments[0], signature.args[0], types.int64)
        return builder.cttz(widened, ir.Constant(ir.IntType(1), 1))

    return types.int64(bits), count


FUNCTIONS = {
    "word_at": word_at,
    "mix": mix,
    "signs_at": signs_at,
    "line_ends_at": line_ends_at,
    "lowest_bit": lowest_bit,
}
