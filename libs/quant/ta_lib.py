"""TA-Lib without pandas: it would load it, and with it pyarrow, for a wrapper that arrays have no use for (73 MiB and a second)."""

import sys

HIDDEN = "pandas" not in sys.modules
if HIDDEN:
    # To an import, what stands here as None is not installed.
    sys.modules["pandas"] = None  # type: ignore[assignment]  # import looks for None, types know of modules alone
try:
    import talib  # noqa: TID251 - here, and nowhere else
finally:
    if HIDDEN:
        del sys.modules["pandas"]

__all__ = ["talib"]
