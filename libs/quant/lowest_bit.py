"""The place of a word's lowest set bit, in one processor instruction; numba has no name for it."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import types
from numba.extending import intrinsic


def _lowest_bit(_typing: Any, _word: Any) -> Any:
    """Return the number of zeros below the lowest set bit of a uint64 that is not 0 (0 to 63). For compiled code only."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        never_zero = context.get_constant(types.boolean, True)  # noqa: FBT003 - llvm's own positional flag
        return builder.cttz(arguments[0], never_zero)

    return types.uint64(types.uint64), generate


lowest_bit = cast("Callable[[np.uint64], np.uint64]", intrinsic(_lowest_bit))
