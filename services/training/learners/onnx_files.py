"""Models as ONNX, written from the very arrays that are explained: one exporter for all trees, one for linear models.

Each graph has one input "x" (rows, features) and one output "scores" (rows, outputs); trees are one TreeEnsembleRegressor (ai.onnx.ml 3).
"""

from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from libs.quant.trees import TreeEnsemble

OPSETS: Final = (("", 17), ("ai.onnx.ml", 3))
IR_VERSION: Final = 9
_MODES: Final = (b"LEAF", b"BRANCH_LEQ")


def trees_to_onnx(ensemble: TreeEnsemble) -> bytes:
    """Return the trees as a sum (float32 in, float32 out) that is added up in float64.

    Thresholds stay float64 and rows are widened first, so `float32(x) <= threshold` decides as it does for the explainer, to the last bit,
    and the sum's error does not grow with the number of trees.
    """
    trees = np.diff(ensemble.tree_start)
    tree = np.repeat(np.arange(trees.shape[0]), trees)
    start = ensemble.tree_start[:-1].astype(np.int64)[tree]
    node = np.arange(tree.shape[0]) - start
    split = ensemble.feature >= 0
    outputs = ensemble.n_outputs
    leaves = np.flatnonzero(~split)
    attributes = [
        helper.make_attribute("n_targets", outputs),
        helper.make_attribute("aggregate_function", "SUM"),
        helper.make_attribute("post_transform", "NONE"),
        _reals("base_values_as_tensor", ensemble.base),
        _integers("nodes_treeids", tree),
        _integers("nodes_nodeids", node),
        _integers("nodes_featureids", np.where(split, ensemble.feature, 0)),
        _reals("nodes_values_as_tensor", ensemble.threshold),
        _words("nodes_modes", [_MODES[is_split] for is_split in split.astype(int).tolist()]),
        _integers("nodes_truenodeids", np.where(split, ensemble.left - start, 0)),
        _integers("nodes_falsenodeids", np.where(split, ensemble.right - start, 0)),
        _integers("nodes_missing_value_tracks_true", np.zeros_like(node)),
        _integers("target_treeids", np.repeat(tree[leaves], outputs)),
        _integers("target_nodeids", np.repeat(node[leaves], outputs)),
        _integers("target_ids", np.tile(np.arange(outputs), leaves.shape[0])),
        _reals("target_weights_as_tensor", ensemble.value[leaves].ravel()),
    ]
    sum_of_trees = helper.make_node("TreeEnsembleRegressor", ["wide"], ["scores"], domain="ai.onnx.ml")
    sum_of_trees.attribute.extend(attributes)
    widen = helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.DOUBLE)
    return _file([widen, sum_of_trees], [], number=TensorProto.FLOAT, features=ensemble.n_features, outputs=outputs)


def linear_to_onnx(coef: NDArray[np.float64], intercept: NDArray[np.float64]) -> bytes:
    """Return x @ coef (features, outputs) + intercept (outputs,), all in float64."""
    weights = [numpy_helper.from_array(coef, "coef"), numpy_helper.from_array(intercept, "intercept")]
    nodes = [helper.make_node("MatMul", ["x", "coef"], ["product"]), helper.make_node("Add", ["product", "intercept"], ["scores"])]
    return _file(nodes, weights, number=TensorProto.DOUBLE, features=coef.shape[0], outputs=coef.shape[1])


def _file(nodes: list[Any], weights: list[Any], *, number: int, features: int, outputs: int) -> bytes:
    entry = helper.make_tensor_value_info("x", number, [None, features])
    answer = helper.make_tensor_value_info("scores", number, [None, outputs])
    graph = helper.make_graph(nodes, "model", [entry], [answer], initializer=weights)
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="modelbourse")
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


# helper.make_attribute looks at every item of a list in Python; these do not.
def _integers(name: str, values: NDArray[Any]) -> Any:
    return AttributeProto(name=name, type=AttributeProto.INTS, ints=values.tolist())


def _words(name: str, values: list[bytes]) -> Any:
    return AttributeProto(name=name, type=AttributeProto.STRINGS, strings=values)


def _reals(name: str, values: NDArray[np.float64]) -> Any:
    return AttributeProto(name=name, type=AttributeProto.TENSOR, t=numpy_helper.from_array(np.ascontiguousarray(values, np.float64), name))
