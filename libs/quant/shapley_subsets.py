"""TreeSHAP for models of few features: what the trees would answer if only some of the features were known, summed once for all trees.

Let v(S) be the expected output when only the features in S are known: the sum over leaves of the leaf's value where the row satisfies
all of the leaf's splits on S, times the cover ratios of its splits on the others. The Shapley values are linear in v, so the trees'
sums come first (2^M of them for M features) and are turned into contributions once for each row:

    phi_i = sum over S of c(S, i) v(S)        c = (|S|-1)! (M-|S|)! / M! when i is in S, else -|S|! (M-|S|-1)! / M!   (Shapley 1953)

- Nothing known: a constant. One known: a table for all trees along their thresholds on the feature. Two known: a table for each tree over
  the bins between its thresholds. A search in the thresholds of all trees finds a row's bin in each: counts are kept every so many
  thresholds, and the few that follow are counted on (as ranks are found in a bit vector, Jacobson 1989).
- More known: few leaves are left. For each tree, feature and bin a bit per leaf says whether the leaf's splits on the feature hold
  (as in QuickScorer, Lucchese et al. 2015); counting the bits of all features at once finds the leaves where enough of them hold. A leaf
  adds to the set of all features that hold there; if those are more than the least, to its subsets, too, sixteen of them at a time.

Interaction values (Lundberg et al. 2018) are linear in v, too, so the same sums are turned into them by other coefficients: with
w(s) = s! (M-s-2)! / (2 (M-1)!) a pair's is the sum over S of w times v(S with both) - v(with one) - v(with the other) + v(S).
"""

from dataclasses import dataclass, field
from itertools import combinations
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.lanes import LANES, in_lines
from libs.quant.shapley_boxes import WORD, Boxes, boxes_of, unknown_shares
from libs.quant.shapley_sums import sum_games
from libs.quant.shapley_tables import pair_tables, single_tables
from libs.quant.trees import TreeEnsemble

MOST_FEATURES: Final = 6
MOST_LEAVES: Final = 1 << 16
TOGETHER: Final = 2 * LANES  # columns that the loop over trees takes in one pass: `within` is padded to whole ones


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What one output's trees add up to when none, one or two features are known."""

    value: NDArray[np.float64]  # (leaves,)
    nothing: float
    singles: NDArray[np.float64]
    pairs: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SubsetPlan:
    """An ensemble of few features made ready. Tables of an output are made when it is first explained."""

    boxes: Boxes
    pair_start: NDArray[np.int64]  # (trees * pairs,) where a tree's table of a pair begins; empty when there are none
    places: tuple[Any, ...]  # the arrays that the loop over trees finds its way by
    shares: NDArray[np.float64]  # (leaves, columns) product of z over the features that a column's set lacks
    within: NDArray[np.float64]  # (2^M, padded columns) 1 where a column's set lies within the features that hold and is not all of them
    first: NDArray[np.uint64]  # (2^M,) the column of exactly this set, 0 when there is none
    coefficients: NDArray[np.float64]  # (1 + M + pairs + columns, M) from v to contributions
    members: NDArray[np.bool_]  # (1 + M + pairs + columns, M) the sets that the lines of `coefficients` stand for
    least: int  # size of the smallest sets that have a column
    value: NDArray[np.float64]  # (leaves, outputs)
    n_features: int
    outputs: dict[int, Output] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes in memory, with the tables of all outputs."""
        tables: int = _table_bytes(self.boxes, self.pair_start) * self.value.shape[1]
        leaves: int = self.shares.nbytes + self.value.nbytes
        return self.boxes.size + leaves + tables

    def output(self, column: int) -> Output:
        """Return the tables of one output."""
        if column not in self.outputs:
            value = np.ascontiguousarray(self.value[:, column])
            self.outputs[column] = Output(
                value=value,
                nothing=float((value * self.boxes.z.prod(axis=1)).sum()),
                singles=single_tables(self.boxes, value),
                pairs=pair_tables(self.boxes, value, start=self.pair_start),
            )
        return self.outputs[column]


def few_enough(ensemble: TreeEnsemble, *, most_bytes: int) -> bool:
    """Tell whether an ensemble splits on so few features, and has so few leaves, that sets of features can be counted out."""
    many = np.unique(ensemble.feature[ensemble.feature >= 0]).shape[0]
    leaves = (np.diff(ensemble.tree_start).astype(np.int64) + 1) // 2
    bits = ((leaves + many) * -(-leaves // WORD) * 8).sum()  # a tree has one bin fewer than leaves, and one more for each feature
    # Bins of a tree are numbered in 16 bits.
    return (
        1 <= many <= MOST_FEATURES and int(leaves.max()) < MOST_LEAVES and int(bits + leaves.sum() * 8 * (2**many + 2 * many)) <= most_bytes
    )


def plan_subsets(ensemble: TreeEnsemble, *, most_bytes: int) -> SubsetPlan:
    """Make an ensemble ready; only for one that has `few_enough` features.

    Where tables of pairs would take more than `most_bytes`, pairs are summed leaf by leaf as the larger sets are: three times slower.
    """
    boxes = boxes_of(ensemble)
    many = boxes.used.shape[0]
    pair_start = _pair_starts(boxes)
    if _table_bytes(boxes, pair_start) * ensemble.n_outputs > most_bytes:
        pair_start = np.empty(0, dtype=np.int64)
    least = 3 if pair_start.shape[0] else 2
    sets = [set_ for size in range(least, many + 1) for set_ in combinations(range(many), size)]
    known = np.zeros((max(TOGETHER, -(-len(sets) // TOGETHER) * TOGETHER), many), dtype=np.bool_)
    for column, set_ in enumerate(sets):
        known[column, list(set_)] = True
    bits = known @ (1 << np.arange(many))
    patterns = np.arange(1 << many)
    within = ((patterns[:, None] & bits[None, :]) == bits[None, :]) & (bits > 0)[None, :] & (patterns[:, None] != bits[None, :])
    first = np.zeros(1 << many, dtype=np.uint64)
    first[bits[: len(sets)]] = np.arange(len(sets))
    return SubsetPlan(
        boxes=boxes,
        pair_start=pair_start,
        places=_places(boxes, pair_start),
        # Vectors of the last columns reach into the next leaf's; `within` is 0 there.
        shares=in_lines(unknown_shares(boxes.z, known[: len(sets)])),
        within=in_lines(within.astype(np.float64)),
        first=first,
        coefficients=_coefficients(many, sets=sets, pairs=bool(pair_start.shape[0])),
        members=_members(many, sets=sets, pairs=bool(pair_start.shape[0])),
        least=least,
        value=np.ascontiguousarray(ensemble.value[boxes.node]),
        n_features=ensemble.n_features,
    )


def subset_contributions(plan: SubsetPlan, rows: NDArray[np.float32], column: int) -> NDArray[np.float64]:
    """Return the contributions (rows, features) to one output."""
    return _in_columns(plan, _sums(plan, rows, column) @ plan.coefficients)


def subset_interactions(plan: SubsetPlan, rows: NDArray[np.float32], column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the contributions (rows, features) to one output and the interaction values (rows, features, features) they are made of.

    Off the diagonal stands half of each pair's interaction index, on it what is left of the feature's contribution (Lundberg et al. 2018).
    """
    sums, used = _sums(plan, rows, column), plan.boxes.used
    many = used.shape[0]
    # One number for both places of a pair: the same sum taken twice may differ in its last digit.
    upper, lower = np.triu_indices(many, 1)
    among = np.zeros((rows.shape[0], many, many))
    among[:, upper, lower] = sums @ _pair_coefficients(plan.members)[:, upper, lower]
    among[:, lower, upper] = among[:, upper, lower]
    contributions, diagonal = sums @ plan.coefficients, np.arange(many)
    among[:, diagonal, diagonal] = contributions - among.sum(axis=2)
    found = np.zeros((rows.shape[0], plan.n_features, plan.n_features))
    found[:, used[:, None], used[None, :]] = among
    return _in_columns(plan, contributions), found


def _in_columns(plan: SubsetPlan, found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what was found of the features that trees split on among all features."""
    if plan.boxes.used.shape[0] == plan.n_features:
        return found
    spread = np.zeros((found.shape[0], plan.n_features))
    spread[:, plan.boxes.used] = found
    return spread


def _sums(plan: SubsetPlan, rows: NDArray[np.float32], column: int) -> NDArray[np.float64]:
    """Return v (rows, 1 + M + pairs + columns), in the order of the coefficients."""
    output = plan.output(column)
    sums = np.zeros((rows.shape[0], plan.coefficients.shape[0]))
    sums[:, 0] = output.nothing
    known = rows if plan.boxes.used.shape[0] == plan.n_features else np.ascontiguousarray(rows[:, plan.boxes.used])
    tables: list[Any] = [output.singles, output.pairs, output.value, plan.shares, plan.within, plan.first, plan.least, sums]
    sum_games(known, *plan.places, *tables)
    return sums


def _places(boxes: Boxes, pair_start: NDArray[np.int64]) -> tuple[Any, ...]:
    """Return what the loop over trees finds its way by: indices without a sign, as it takes them."""
    unsigned = [boxes.feature_start, np.diff(boxes.threshold_start) + 1, pair_start, boxes.bits_start, boxes.leaf_start]
    feature_start, widths, pairs, bits_start, leaf_start = (indices.astype(np.uint64) for indices in unsigned)
    bins = (boxes.thresholds, boxes.of_tree, feature_start, boxes.known_bins.reshape(-1), boxes.stride)
    return *bins, widths, pairs, boxes.bits, bits_start, leaf_start


def _table_bytes(boxes: Boxes, pair_start: NDArray[np.int64]) -> int:
    return 8 * (boxes.bins + (int(pair_start[-1]) if pair_start.shape[0] else 0))


def _pair_starts(boxes: Boxes) -> NDArray[np.int64]:
    many = boxes.used.shape[0]
    bins = (np.diff(boxes.threshold_start) + 1).reshape(-1, many).astype(np.int64)
    cells = [bins[:, i] * bins[:, j] for i, j in combinations(range(many), 2)]
    if not cells:
        return np.empty(0, dtype=np.int64)
    return np.concatenate(([0], np.cumsum(np.stack(cells, axis=1).reshape(-1)))).astype(np.int64)


def _coefficients(many: int, *, sets: list[tuple[int, ...]], pairs: bool) -> NDArray[np.float64]:
    rows = [[_weight(set_, feature=i, many=many) for i in range(many)] for set_ in _all_sets(many, sets=sets, pairs=pairs)]
    return np.asarray(rows)


def _members(many: int, *, sets: list[tuple[int, ...]], pairs: bool) -> NDArray[np.bool_]:
    return np.array([[i in set_ for i in range(many)] for set_ in _all_sets(many, sets=sets, pairs=pairs)])


def _all_sets(many: int, *, sets: list[tuple[int, ...]], pairs: bool) -> list[tuple[int, ...]]:
    return [(), *((i,) for i in range(many)), *(combinations(range(many), 2) if pairs else ()), *sets]


def _pair_coefficients(members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (sets, M, M): from v to half of each pair's interaction index; 0 on the diagonal."""
    many = members.shape[1]
    shares = [factorial(size) * factorial(many - size - 2) / (2 * factorial(many - 1)) for size in range(many - 1)]
    # By how many of the pair a set holds: the rest of the set is S.
    sizes, held = members.sum(axis=1), members[:, :, None].astype(np.int64) + members[:, None, :]
    rest = np.clip(sizes[:, None, None] - held, 0, max(0, many - 2))
    signed = np.where(held == 1, -1.0, 1.0) * (np.asarray(shares)[rest] if shares else 0.0)
    signed[:, np.arange(many), np.arange(many)] = 0.0
    return np.asarray(signed)


def _weight(set_: tuple[int, ...], *, feature: int, many: int) -> float:
    if feature in set_:
        return factorial(len(set_) - 1) * factorial(many - len(set_)) / factorial(many)
    return -factorial(len(set_)) * factorial(many - len(set_) - 1) / factorial(many)
