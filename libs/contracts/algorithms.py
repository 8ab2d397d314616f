"""The learners that can be asked for, and the hyperparameters each takes: the library's own names, with our ranges and defaults.

The ranges keep a job feasible on a small machine. What decides how fast a job runs but not what it learns (`n_jobs`, `verbose` …) is the
platform's to set. Sources: scikit-learn, XGBoost (scikit-learn API) and LightGBM (scikit-learn API) parameter references; networks are in
`algorithms_torch`.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from libs.contracts.algorithm import CLASS_WEIGHT, SEED, Algorithm, flag, integer, make_algorithm, number
from libs.contracts.algorithms_forecasting import FORECASTERS
from libs.contracts.algorithms_torch import SEQUENCE_LEARNERS
from libs.contracts.hyperparameters import CLASSIFICATION_ONLY, Hyperparameter, HyperparameterValue
from libs.contracts.names import did_you_mean
from libs.contracts.problems import first_problems
from libs.contracts.training import ModelType
from libs.quant.targets import USUAL, UnknownTargetError, parse_target, targets_of

TARGETS: Final[Mapping[str, ModelType]] = MappingProxyType({name: kind for name, (_, kind) in USUAL.items()})
"""What a model is usually trained to predict, and of which type such a model is; `libs.quant.targets` reads all others."""


_TREES = integer("n_estimators", 100, (1, 2000), "Number of trees (boosting rounds).")
_RATE_WORDS = "Shrinkage of each round's step."


def _forest(*, bootstrap: bool) -> tuple[Hyperparameter, ...]:
    return (
        _TREES,
        integer("max_depth", 10, (1, 32), "Depth of a tree at most."),
        Hyperparameter(
            name="min_samples_split", type="integer", default=2, minimum=2, maximum=100_000, share_maximum=1.0,
            description="Rows a node needs to be split.",
        ),
        Hyperparameter(
            name="min_samples_leaf", type="integer", default=1, minimum=1, maximum=100_000, share_maximum=0.5,
            description="Rows a leaf keeps at least.",
        ),
        Hyperparameter(
            name="max_features", type="integer", default="sqrt", minimum=1, maximum=500, share_maximum=1.0, choices=("sqrt", "log2"),
            nullable=True, description="Features looked at for each split; null for all.",
        ),
        Hyperparameter(
            name="max_leaf_nodes", type="integer", default=None, minimum=2, maximum=65_536, nullable=True,
            description="Leaves of a tree at most; null for no limit but the depth.",
        ),
        number("min_weight_fraction_leaf", 0.0, (0, 0.5), "Share of the total weight a leaf keeps at least."),
        number("min_impurity_decrease", 0.0, (0, 1), "A node is split only when impurity falls by this."),
        number("ccp_alpha", 0.0, (0, 1), "Minimal cost-complexity pruning."),
        flag("bootstrap", default=bootstrap, description="Whether each tree sees a bootstrap sample of the rows."),
        Hyperparameter(
            name="max_samples", type="number", default=None, minimum=0, maximum=1, open_minimum=True, nullable=True,
            description="Share of the rows each tree draws when `bootstrap` is true; null for as many as there are.",
        ),
        Hyperparameter(
            name="criterion", type="string", default="gini", choices=("gini", "entropy", "log_loss"), model_types=CLASSIFICATION_ONLY,
            description="Impurity that splits reduce; regression always uses the squared error.",
        ),
        CLASS_WEIGHT,
        SEED,
    )  # fmt: skip


_XGBOOST = (
    _TREES,
    integer("max_depth", 6, (1, 32), "Depth of a tree at most."),
    integer("max_leaves", 0, (0, 4096), "Leaves of a tree at most; 0 for no limit but the depth."),
    number("learning_rate", 0.3, (0, 1), _RATE_WORDS, above=True),
    number("subsample", 1.0, (0, 1), "Share of the rows each tree draws.", above=True),
    number("colsample_bytree", 1.0, (0, 1), "Share of the features each tree draws.", above=True),
    number("colsample_bylevel", 1.0, (0, 1), "Share of the features each level draws.", above=True),
    number("colsample_bynode", 1.0, (0, 1), "Share of the features each split draws.", above=True),
    number("min_child_weight", 1.0, (0, 1e6), "Sum of hessians a child keeps at least."),
    number("gamma", 0.0, (0, 1e6), "Loss reduction a split needs."),
    number("max_delta_step", 0.0, (0, 100), "Largest step of a leaf; 0 for no limit."),
    number("reg_alpha", 0.0, (0, 1e6), "L1 penalty on leaf weights."),
    number("reg_lambda", 1.0, (0, 1e6), "L2 penalty on leaf weights."),
    integer("max_bin", 256, (2, 1024), "Bins of the feature histograms."),
    SEED,
)

_LIGHTGBM = (
    _TREES,
    integer("num_leaves", 31, (2, 4096), "Leaves of a tree at most."),
    Hyperparameter(
        name="max_depth", type="integer", default=-1, minimum=1, maximum=32, choices=(-1,),
        description="Depth of a tree at most; -1 for no limit but `num_leaves`.",
    ),
    number("learning_rate", 0.1, (0, 1), _RATE_WORDS, above=True),
    number("subsample", 1.0, (0, 1), "Share of the rows drawn every `subsample_freq` rounds.", above=True),
    integer("subsample_freq", 0, (0, 100), "Rounds between two draws of rows; 0 for no draws."),
    number("colsample_bytree", 1.0, (0, 1), "Share of the features each tree draws.", above=True),
    integer("min_child_samples", 20, (1, 100_000), "Rows a leaf keeps at least."),
    number("min_child_weight", 1e-3, (0, 1e6), "Sum of hessians a leaf keeps at least."),
    number("min_split_gain", 0.0, (0, 1e6), "Loss reduction a split needs."),
    number("reg_alpha", 0.0, (0, 1e6), "L1 penalty on leaf weights."),
    number("reg_lambda", 0.0, (0, 1e6), "L2 penalty on leaf weights."),
    integer("max_bin", 255, (2, 1024), "Bins of the feature histograms."),
    CLASS_WEIGHT,
    SEED,
)  # fmt: skip

_LOGISTIC = (
    number("C", 1.0, (0, 1e6), "Inverse strength of the L2 penalty, on standardised features.", above=True),
    integer("max_iter", 1000, (1, 10_000), "Iterations of the solver (lbfgs) at most."),
    number("tol", 1e-4, (1e-10, 1), "Gradient at which the solver stops."),
    flag("fit_intercept", default=True, description="Whether there is an intercept."),
    CLASS_WEIGHT,
    SEED,
)

_RIDGE = (
    number("alpha", 1.0, (0, 1e9), "Strength of the L2 penalty, on standardised features."),
    flag("fit_intercept", default=True, description="Whether there is an intercept."),
    SEED,
)

_BOTH = (ModelType.CLASSIFICATION, ModelType.REGRESSION)


ALGORITHMS: Final[Mapping[str, Algorithm]] = MappingProxyType(
    {
        each.name: each
        for each in (
            make_algorithm("RANDOM_FOREST", _BOTH, "Averaged trees on bootstrap samples (scikit-learn).", _forest(bootstrap=True)),
            make_algorithm("EXTRA_TREES", _BOTH, "Averaged trees with random thresholds (scikit-learn).", _forest(bootstrap=False)),
            make_algorithm("XGBOOST", _BOTH, "Gradient-boosted trees, level by level (XGBoost, hist).", _XGBOOST),
            make_algorithm("LIGHTGBM", _BOTH, "Gradient-boosted trees, leaf by leaf (LightGBM, gbdt).", _LIGHTGBM),
            make_algorithm(
                "LOGISTIC_REGRESSION", (ModelType.CLASSIFICATION,), "Multinomial logistic regression (scikit-learn).", _LOGISTIC
            ),
            make_algorithm("RIDGE", (ModelType.REGRESSION,), "Linear regression with an L2 penalty (scikit-learn).", _RIDGE),
            *SEQUENCE_LEARNERS,
            *FORECASTERS,
        )
    }
)
"""Every learner, by name."""

OTHER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "eta": "learning_rate", "lambda": "reg_lambda", "alpha": "reg_alpha", "seed": "random_state", "num_boost_round": "n_estimators",
        "num_iterations": "n_estimators", "n_trees": "n_estimators", "num_trees": "n_estimators", "min_split_loss": "gamma",
        "bagging_fraction": "subsample", "bagging_freq": "subsample_freq", "feature_fraction": "colsample_bytree",
        "min_data_in_leaf": "min_child_samples", "lambda_l1": "reg_alpha", "lambda_l2": "reg_lambda", "min_gain_to_split": "min_split_gain",
        "epochs": "max_epochs", "d_model": "hidden_size", "num_heads": "nhead", "attention_head_size": "nhead",
    }
)  # fmt: skip
"""What else the libraries call a hyperparameter; only ever used to say what it is called here."""

_OURS: Final = frozenset({"n_jobs", "nthread", "num_threads", "verbose", "verbosity", "warm_start", "oob_score", "device", "objective"})


def check_hyperparameters(algorithm: str, given: Mapping[str, object], *, model_type: ModelType | None = None) -> dict[str, list[str]]:
    """Return what is wrong, by field (`algorithm`, `hyperparameters`); empty when all is well.

    With a `model_type`, a hyperparameter that only another type of model has is refused too.
    """
    if algorithm not in ALGORITHMS:
        return {"algorithm": [f"Unknown algorithm '{_short(algorithm)}'.{_hint(algorithm, ALGORITHMS)}"]}
    known = ALGORITHMS[algorithm].hyperparameters
    wrong = [name for name, value in given.items() if not _fits(known.get(name), value, model_type=model_type)]
    if not wrong and (uneven := _uneven_heads(known, given)):
        return {"hyperparameters": [uneven]}
    if not wrong and given.get("max_samples") is not None and not given.get("bootstrap", known["bootstrap"].default):
        return {"hyperparameters": ["Invalid parameter 'max_samples': can be set only when 'bootstrap' is true"]}
    if not wrong and given.get("lr_plateau_patience") is not None and given.get("early_stopping_patience", "default") is None:
        return {"hyperparameters": ["Invalid parameter 'lr_plateau_patience': can be set only when 'early_stopping_patience' is not null"]}
    return first_problems(wrong, lambda name: ("hyperparameters", _problem(known, name, given[name], model_type=model_type)))


def check_algorithm(algorithm: str, *, model_type: ModelType, target_variable: str) -> dict[str, list[str]]:
    """Return what is wrong with the three together, by field; empty when such a model can be trained."""
    if algorithm not in ALGORITHMS:
        return {"algorithm": [f"Unknown algorithm '{_short(algorithm)}'.{_hint(algorithm, ALGORITHMS)}"]}
    problems: dict[str, list[str]] = {}
    if model_type not in ALGORITHMS[algorithm].model_types:
        fitting = ", ".join(a.name for a in ALGORITHMS.values() if model_type in a.model_types) or "none"
        problems["algorithm"] = [f"{algorithm} makes no {model_type.value} model; algorithms that do: {fitting}"]
    try:
        target = parse_target(target_variable)
    except UnknownTargetError as error:
        return problems | error.details
    if model_type not in target.types:
        fitting = ", ".join(targets_of(model_type)) or "none"
        problems["target_variable"] = [f"'{target_variable}' is no target of a {model_type.value} model; targets that are: {fitting}"]
    return problems


def complete_hyperparameters(
    algorithm: str, given: Mapping[str, HyperparameterValue], *, model_type: ModelType
) -> dict[str, HyperparameterValue]:
    """Return every hyperparameter that applies to the type of model, the given ones over the defaults."""
    known = ALGORITHMS[algorithm].hyperparameters.values()
    return {each.name: given.get(each.name, each.default) for each in known if model_type in each.model_types}


def _fits(parameter: Hyperparameter | None, value: object, *, model_type: ModelType | None) -> bool:
    return parameter is not None and (model_type is None or model_type in parameter.model_types) and parameter.takes(value)


def _problem(known: Mapping[str, Hyperparameter], name: str, value: object, *, model_type: ModelType | None) -> str:
    """Say what is wrong with a hyperparameter that does not fit."""
    parameter = known.get(name)
    if parameter is None and name in _OURS:
        return f"Unknown parameter '{name}': is set by the platform"
    if parameter is None:
        return f"Unknown parameter '{_short(name)}'.{_hint(OTHER_NAMES.get(name, name), known)}"
    if model_type is not None and model_type not in parameter.model_types:
        return f"Invalid parameter '{name}': applies to {', '.join(kind.value for kind in parameter.model_types)} only"
    meant = did_you_mean(value, [each for each in parameter.choices if isinstance(each, str)]) if isinstance(value, str) else ""
    return f"Invalid parameter '{name}': {parameter.allowed()}{f'.{meant}' if meant else ''}"


def _uneven_heads(known: Mapping[str, Hyperparameter], given: Mapping[str, object]) -> str | None:
    """Say it where the width cannot be shared evenly by the heads of the attention."""
    if "nhead" not in known:
        return None
    width, heads = (given.get(name, known[name].default) for name in ("hidden_size", "nhead"))
    if not (isinstance(width, int) and isinstance(heads, int)) or width % heads == 0:
        return None
    lower, allowed = width - width % heads, known["hidden_size"]
    near = " or ".join(str(each) for each in (lower, lower + heads) if allowed.takes(each))
    return f"Invalid parameter 'hidden_size': must be a multiple of 'nhead' ({heads}), such as {near}"


def _hint(name: str, known: Collection[str]) -> str:
    """Say which known name was probably meant, else list them all."""
    return did_you_mean(name, known) or f" Known: {', '.join(known)}."


def _short(name: str) -> str:
    """Keep a huge name out of the answer."""
    return name if len(name) <= 64 else name[:63] + "…"  # noqa: PLR2004 - longer than any known name
