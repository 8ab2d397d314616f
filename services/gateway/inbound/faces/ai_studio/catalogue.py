"""What can be asked for: algorithms with their hyperparameters, features with their grammar, symbols with their dates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final, TypeVar

from libs.contracts.algorithm import Algorithm
from libs.contracts.algorithms import ALGORITHMS, TARGETS
from libs.contracts.hyperparameters import Hyperparameter
from libs.contracts.own_candles import TIMEFRAMES, OwnCandles
from libs.market.catalogue import INSTRUMENTS, Instrument
from libs.market.costs import usual_costs
from libs.market.own import OwnCatalogue, instrument_of
from libs.quant.grammar import FAMILIES, feature_names, parse_feature
from modelbourse.answers import catalogue as answers
from modelbourse.answers.answer import Answer, Page
from services.gateway.inbound.faces.ai_studio.face import Reader, make_routes
from services.gateway.inbound.faces.ai_studio.words import MODEL_TYPE_WORDS
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.security import used
from services.gateway.usecases.datasets.find_own import FindOwn

P = TypeVar("P", bound=Page[Any])
ALL: Final = "All of them, on one page."
ASSET_CLASSES: Final[Mapping[str, answers.AssetClass]] = {"equity": "EQUITY", "index": "INDEX", "crypto": "CRYPTO", "currency": "CURRENCY"}
Own = Annotated[FindOwn, used(FindOwn)]
routes = make_routes("catalogue")


def algorithm_of(algorithm: Algorithm) -> answers.Algorithm:
    """Return what is answered of a learner."""
    return answers.Algorithm(
        name=algorithm.name,
        description=algorithm.description,
        model_types=[MODEL_TYPE_WORDS[kind] for kind in algorithm.model_types],
        target_variables=[name for name, kind in TARGETS.items() if kind in algorithm.model_types],
        hyperparameters={each.name: hyperparameter_of(each) for each in algorithm.hyperparameters.values()},
    )


def hyperparameter_of(about: Hyperparameter) -> answers.Hyperparameter:
    """Return what is answered of a hyperparameter; what is no number has no bounds."""
    bounds = {"minimum": about.minimum, "maximum": about.maximum}
    return answers.Hyperparameter(
        type=about.type,
        default=about.default,
        allowed=about.allowed(),
        **{name: bound for name, bound in bounds.items() if bound is not None},
        choices=[each for each in about.choices if each is not None],
        nullable=about.nullable,
        description=about.description,
    )


def feature_of(name: str) -> answers.Feature:
    """Return what is answered of a family of features, by the name with all defaults."""
    feature = parse_feature(name)
    family = FAMILIES[feature.family]
    return answers.Feature(
        name=name,
        family=family.name,
        group=family.group,
        description=feature.description,
        unit=family.unit,
        warmup_bars=feature.warmup,
        spellings=list(family.spellings),
        parameters=[
            answers.FeatureParameter(name=each.name, default=each.default, minimum=each.minimum, maximum=each.maximum, meaning=each.meaning)
            for each in family.parameters
        ],
    )


def symbol_of(instrument: Instrument, *, own: OwnCandles | None = None) -> answers.Symbol:
    """Return what is answered of an instrument; `own` is the version of a dataset that stands behind it."""
    is_live = own is not None and own.is_live
    costs = usual_costs(instrument.symbol, calendar=own.calendar if own else None)
    return answers.Symbol(
        symbol=instrument.symbol,
        name=instrument.name,
        asset_class=ASSET_CLASSES[instrument.asset_class],
        timeframes=[each for each in TIMEFRAMES if each in instrument.timeframes],
        start_date=instrument.start,
        end_date=instrument.end,
        source=instrument.source,
        note=instrument.note,
        own=instrument.own and not is_live,
        live=is_live,
        columns=list(own.columns) if own else [],
        default_costs=answers.DefaultCosts(**asdict(costs)),
    )


def symbols_of(own: OwnCatalogue) -> list[answers.Symbol]:
    """Return what is answered of all symbols of an account: a row for each of its own candles and the live series, then packaged ones."""
    mine = [each for datasets in own.candles.values() for each in datasets]
    return [
        *(symbol_of(instrument_of(each), own=each) for each in mine),
        *(symbol_of(instrument) for instrument in INSTRUMENTS.values()),
    ]


def _page(kind: type[P], rows: Sequence[Answer]) -> P:
    return kind(count=len(rows), next=None, previous=None, results=rows)


@routes.get(
    "/algorithms/",
    summary="List algorithms and their hyperparameters",
    response_description=ALL,
    responses=answered(_page(answers.AlgorithmPage, [algorithm_of(ALGORITHMS["RANDOM_FOREST"])])),
    response_model_exclude_unset=True,
)
async def list_algorithms(_: Reader) -> answers.AlgorithmPage:
    """Names, ranges and defaults are those that requests are checked by."""
    return _page(answers.AlgorithmPage, [algorithm_of(algorithm) for algorithm in ALGORITHMS.values()])


@routes.get(
    "/features/",
    summary="List features",
    response_description=ALL,
    responses=answered(_page(answers.FeaturePage, [feature_of("rsi_14")])),
)
async def list_features(_: Reader) -> answers.FeaturePage:
    """`spellings` shows where parameters stand in a name; left out, they take their defaults.

    Columns of your own candles are features, too, by their names: `GET /api/ai-studio/symbols/` has them.
    """
    return _page(answers.FeaturePage, [feature_of(name) for name in feature_names()])


@routes.get(
    "/symbols/",
    summary="List symbols with candles",
    response_description=ALL,
    responses=answered(_page(answers.SymbolPage, [symbol_of(INSTRUMENTS["AAPL"])])),
)
async def list_symbols(caller: Reader, own: Own) -> answers.SymbolPage:
    """Say what there are real candles for, of which days, and what trading them costs unless `training_config` says otherwise.

    Your own come first: where a symbol of yours is called as one of ours, and has candles of the timeframe, yours are meant.
    """
    return _page(answers.SymbolPage, symbols_of(await own(caller.account_id, columns=True)))
