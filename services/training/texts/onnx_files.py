"""A network of texts as ONNX: int64 `input_ids` and `attention_mask` (batch, length), both free, to float32 `logits` (batch, labels)."""

import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INPUTS: Final = ("input_ids", "attention_mask")
OUTPUT: Final = "logits"
OPSET: Final = 17
LARGEST: Final = 127
"""Of an int8: weights and activations are between this and its negative, so that none is cut off."""
ZERO: Final = 128
"""Activations are kept as uint8 around it, for which processors have an instruction."""
SMALLEST: Final = 1e-12
"""What a row of nothing but zeros is divided by."""


def write_onnx(net: Any, into: Path, *, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> None:
    """Write a module that answers logits. `ids` and `mask` (texts, tokens) are an example, of which some text must be filled up.

    The exporter that traces is used, which takes a second where the newer one takes ten, and whose file can be quantised; without filling
    it would trace away what a mask does.
    """
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS} | {OUTPUT: {0: "batch"}}
    with warnings.catch_warnings():
        # It warns that it is the older one, and of shapes that it has traced: they come of the input's.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.from_numpy(ids), torch.from_numpy(mask)),
            str(into),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def write_int8(source: Path, into: Path, *, small: bool = False) -> None:
    """Write an ONNX file whose layers multiply int8: weights each column by its own scale, activations each token by its own, as it comes.

    (Dettmers et al. 2022, LLM.int8(), section 2.1: vector-wise quantisation.) One scale for a whole batch, as onnxruntime's own dynamic
    quantisation has it, would make what is answered to a text depend on the texts beside it. Embeddings are float16, which
    costs half the bytes and next to nothing in accuracy; in a `small` file they are int8, too, each with its own scale, which costs some.
    """
    model = onnx.load(str(source))
    graph = model.graph
    rounded = _Rounded({each.name: each for each in graph.initializer}, small=small)
    nodes = [made for node in graph.node for made in rounded.of(node)]
    kept = [each for each in graph.initializer if each.name not in rounded.replaced]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *rounded.constants])
    onnx.save(model, str(into))


class _Rounded:
    """Multiplications by weights in int8. An activation that several multiply is rounded once."""

    def __init__(self, weights: dict[str, Any], *, small: bool) -> None:
        self._weights, self._small = weights, small
        self._activations: dict[str, tuple[str, str]] = {}
        self.replaced: set[str] = set()
        self.constants: list[Any] = [
            numpy_helper.from_array(np.asarray(LARGEST, dtype=np.float32), "int8/largest"),
            numpy_helper.from_array(np.asarray(ZERO + 0.5, dtype=np.float32), "int8/middle"),
            numpy_helper.from_array(np.asarray(ZERO, dtype=np.uint8), "int8/zero"),
            numpy_helper.from_array(np.asarray(SMALLEST, dtype=np.float32), "int8/smallest"),
        ]

    def of(self, node: Any) -> list[Any]:
        """Return what stands for a node: itself, where it is no product with a matrix of weights, and looks nothing up in one."""
        place = {"MatMul": 1, "Gather": 0}.get(node.op_type)
        found = None if place is None else self._weights.get(node.input[place])
        if found is None or len(found.dims) != 2 or found.data_type != TensorProto.FLOAT:  # noqa: PLR2004 - a matrix
            return [node]
        if node.op_type == "Gather":
            axis = next((each.i for each in node.attribute if each.name == "axis"), 0)
            return self._looked_up(node, found) if axis == 0 else [node]
        columns, scales = self._weight(found)
        made, rounded, largest = self._activation(node.input[0])
        product = node.output[0]
        # The columns' scale first: a product of both scales would be taken for that of one scale a tensor, and fused wrongly.
        return [
            *made,
            helper.make_node("MatMulInteger", [rounded, columns, "int8/zero"], [f"{product}/integer"]),
            helper.make_node("Cast", [f"{product}/integer"], [f"{product}/real"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{product}/real", scales], [f"{product}/scaled"]),
            helper.make_node("Mul", [f"{product}/scaled", largest], [product]),
        ]

    def _looked_up(self, node: Any, table: Any) -> list[Any]:
        """Return a look-up in a table, such as tokens' embeddings, whose rows are kept in fewer bytes."""
        kept, scales, found, ids = f"{table.name}/kept", f"{table.name}/scale", node.output[0], node.input[1]
        values = numpy_helper.to_array(table)
        if self._small:
            scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), SMALLEST) / LARGEST
            tables = {kept: np.rint(values / scale).astype(np.int8), scales: scale.astype(np.float32)}
        else:
            tables = {kept: values.astype(np.float16)}
        if table.name not in self.replaced:
            self.constants += [numpy_helper.from_array(each, name) for name, each in tables.items()]
            self.replaced.add(table.name)
        # Of a table's first axis, as look-ups of embeddings are.
        made = [helper.make_node("Gather", [name, ids], [f"{found}/{name}"], axis=0) for name in tables]
        real = found if not self._small else f"{found}/real"
        made.append(helper.make_node("Cast", [f"{found}/{kept}"], [real], to=TensorProto.FLOAT))
        return [*made, helper.make_node("Mul", [real, f"{found}/{scales}"], [found])] if self._small else made

    def _weight(self, weight: Any) -> tuple[str, str]:
        """Return the names of a matrix in int8 and of its columns' scales, divided by LARGEST for the activations'."""
        columns, scales = f"{weight.name}/int8", f"{weight.name}/scale"
        if weight.name not in self.replaced:
            values = numpy_helper.to_array(weight)
            scale = np.maximum(np.abs(values).max(axis=0), SMALLEST) / LARGEST
            self.constants.append(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), columns))
            self.constants.append(numpy_helper.from_array((scale / LARGEST).astype(np.float32), scales))
            self.replaced.add(weight.name)
        return columns, scales

    def _activation(self, name: str) -> tuple[list[Any], str, str]:
        """Return nodes that round an activation, if need be, and the names of what they make and of each token's largest value."""
        if (known := self._activations.get(name)) is not None:
            return [], *known
        rounded, largest = f"{name}/uint8", f"{name}/largest"
        self._activations[name] = rounded, largest
        made = [
            helper.make_node("Abs", [name], [f"{name}/size"]),
            helper.make_node("ReduceMax", [f"{name}/size"], [f"{name}/most"], axes=[-1], keepdims=1),
            helper.make_node("Max", [f"{name}/most", "int8/smallest"], [largest]),
            helper.make_node("Div", ["int8/largest", largest], [f"{name}/factor"]),
            helper.make_node("Mul", [name, f"{name}/factor"], [f"{name}/stretched"]),
            helper.make_node("Add", [f"{name}/stretched", "int8/middle"], [f"{name}/shifted"]),
            helper.make_node("Cast", [f"{name}/shifted"], [rounded], to=TensorProto.UINT8),  # It cuts off what is behind the point.
        ]
        return made, rounded, largest
