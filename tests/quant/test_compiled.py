"""Compiling: a place for the compiled code is welcome, not needed."""

from typing import Any

from libs.quant.compiled import compiled


def test_a_function_without_a_place_for_its_code_is_compiled_all_the_same() -> None:
    scope: dict[str, Any] = {}
    exec(compile("def double(x):\n    return 2.0 * x", "<nowhere>", "exec"), scope)

    double = compiled(scope["double"])

    assert double(21.0) == 42.0
    assert double.signatures  # numba's, so it is compiled
