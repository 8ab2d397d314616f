"""onnxruntime, which tells nobody that it runs: its wheels report to their maker unless they are forbidden to before they are loaded."""

import os

# Read when the library is loaded (its release notes from 1.29 on).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime  # noqa: TID251 - after the line above, and nowhere else

__all__ = ["onnxruntime"]
