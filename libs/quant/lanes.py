"""Vectors for compiled loops: numba has no type for them, LLVM has.

A sum by lanes keeps its order, as each lane adds up numbers of its own. LLVM makes of eight doubles one 512-bit register, two of 256
bits or four of 128, and spreads a word's bits over bytes with whatever the processor has for it. Nothing looks whether an index lies
within its array.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model
from numpy.typing import NDArray

LANES: Final = 8
BITS: Final = 64
LINE: Final = 64  # bytes in a cache line
DOUBLES: Final = ir.VectorType(ir.DoubleType(), LANES)
BYTES: Final = ir.VectorType(ir.IntType(8), BITS)
NO_DOUBLES: Final = ir.Constant(DOUBLES, [0.0] * LANES)
NO_BYTES: Final = ir.Constant(BYTES, [0] * BITS)

Vector = Any  # in compiled code: eight doubles, or a byte for each bit of a word


def in_lines(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy that begins where a cache line does: a vector read across two lines takes two reads.

    Behind it stand two lines of zeros, for what is read beyond the end.
    """
    room = np.zeros(array.nbytes + 3 * LINE, dtype=np.uint8)
    begin = -room.ctypes.data % LINE
    copy = room[begin : begin + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Doubles(types.Type):
    """The type of eight doubles."""

    def __init__(self) -> None:
        super().__init__(name="EightDoubles")


class Bytes(types.Type):
    """The type of 64 bytes."""

    def __init__(self) -> None:
        super().__init__(name="SixtyFourBytes")


@register_model(Doubles)
class _DoublesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, DOUBLES)  # type: ignore[no-untyped-call]


@register_model(Bytes)
class _BytesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, BYTES)  # type: ignore[no-untyped-call]


def _place(context: Any, builder: Any, signature: Any, arguments: Any, vector: Any) -> Any:
    """Return where the vector stands of which the first two arguments say the array and the index."""
    array, at, *_ = arguments
    data = context.make_array(signature.args[0])(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    index = ir.IntType(32)
    alone = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(index, 0))
    everywhere = ir.Constant(ir.VectorType(index, vector.count), [0] * vector.count)
    return builder.shuffle_vector(alone, ir.Constant(vector, ir.Undefined), everywhere)


def _no_bytes(_typing: Any) -> Any:
    """Return 64 zeros."""
    return Bytes()(), lambda _context, _builder, _signature, _arguments: NO_BYTES


def _mark(_typing: Any, _marks: Any, _word: Any, _bit: Any) -> Any:
    """Return the marks with bit `bit` of a byte set, too, where the byte's bit of the word is set."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        marks, word, bit = arguments
        is_set = builder.bitcast(word, ir.VectorType(ir.IntType(1), BITS))
        byte = builder.shl(ir.Constant(ir.IntType(8), 1), builder.trunc(bit, ir.IntType(8)))
        return builder.or_(marks, builder.select(is_set, _spread(builder, byte, BYTES), NO_BYTES))

    return Bytes()(Bytes(), types.uint64, types.uint64), generate


def _put_bytes(_typing: Any, array: Any, _at: Any, _marks: Any) -> Any:
    """Write 64 bytes to array[at : at + 64]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _place(context, builder, signature, arguments, BYTES), align=1)
        return context.get_dummy_value()

    return types.none(array, types.uint64, Bytes()), generate


def _fetch(_typing: Any, array: Any, _at: Any) -> Any:
    """Have the cache line of array[at] fetched, without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        fetch = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), ir.FunctionType(ir.VoidType(), [pointer, *[number] * 3]))
        # To be read, into the nearest cache, as data.
        terms = [ir.Constant(number, term) for term in (0, 3, 1)]
        builder.call(fetch, [_place(context, builder, signature, arguments, ir.IntType(8)), *terms])
        return context.get_dummy_value()

    return types.none(array, types.uint64), generate


def _get(_typing: Any, array: Any, _at: Any) -> Any:
    """Return array[at : at + 8]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments, DOUBLES), align=8)

    return Doubles()(array, types.uint64), generate


def _put(_typing: Any, array: Any, _at: Any, _numbers: Any) -> Any:
    """Write eight doubles to array[at : at + 8]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _place(context, builder, signature, arguments, DOUBLES), align=8)
        return context.get_dummy_value()

    return types.none(array, types.uint64, Doubles()), generate


def _add_product(_typing: Any, _sums: Any, _one: Any, _other: Any, _worth: Any) -> Any:
    """Return sums + worth * (one * other), lane by lane."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        sums, one, other, worth = arguments
        return builder.fadd(sums, builder.fmul(_spread(builder, worth, DOUBLES), builder.fmul(one, other)))

    return Doubles()(Doubles(), Doubles(), Doubles(), types.float64), generate


no_bytes = cast("Callable[[], Vector]", intrinsic(_no_bytes))
mark = cast("Callable[[Vector, np.uint64, np.uint64], Vector]", intrinsic(_mark))
put_bytes = cast("Callable[[NDArray[np.uint8], np.uint64, Vector], None]", intrinsic(_put_bytes))
fetch = cast("Callable[[NDArray[Any], np.uint64], None]", intrinsic(_fetch))
get = cast("Callable[[NDArray[np.float64], np.uint64], Vector]", intrinsic(_get))
put = cast("Callable[[NDArray[np.float64], np.uint64, Vector], None]", intrinsic(_put))
add_product = cast("Callable[[Vector, Vector, Vector, float], Vector]", intrinsic(_add_product))
