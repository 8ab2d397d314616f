"""Networks as ONNX: written by PyTorch for fixed shapes but the number of rows, which is free."""

import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

import torch

OPSET: Final = 17
EXAMPLE_ROWS: Final = 2


def network_to_onnx(net: torch.nn.Module, *, inputs: Mapping[str, tuple[int, ...]], outputs: Sequence[str] = ("scores",)) -> bytes:
    """Return the network as ONNX: float64 inputs by name, in the order of its arguments, each (rows, *shape), and its outputs.

    The exporter that traces is used: it takes a tenth of a second where the newer one takes ten, and writes the same operators for
    networks whose flow does not depend on their data.
    """
    examples = tuple(torch.zeros(EXAMPLE_ROWS, *shape, dtype=torch.float64) for shape in inputs.values())
    file = BytesIO()
    with warnings.catch_warnings():
        # It warns that it is the older one, and of initial states whose size it has traced: ours are made of the input's.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.eval(),
            examples,
            file,  # type: ignore[arg-type]  # the exporter that traces writes into a file object too
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "rows"} for name in (*inputs, *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    return file.getvalue()
