"""What can be asked for: algorithms with their hyperparameters, features with their grammar, symbols with their dates."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter

from libs.contracts.algorithm import Algorithm
from libs.contracts.algorithms import ALGORITHMS, TARGETS
from libs.market.catalogue import INSTRUMENTS
from libs.market.costs import usual_costs
from libs.quant.grammar import FAMILIES, feature_names, parse_feature
from services.gateway.inbound.faces.ai_studio.answers_catalogue import AlgorithmPage, FeaturePage, SymbolPage
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.strict_route import make_router


def make_catalogue_routes() -> APIRouter:
    """Return `/algorithms/`, `/features/` and `/symbols/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get("/algorithms/", summary="List algorithms and their hyperparameters", response_description="All of them, on one page.")
    async def list_algorithms(_: Reader) -> Annotated[dict[str, Any], ShownAs(AlgorithmPage)]:
        """Names, ranges and defaults are those that requests are checked by."""
        return _list([_algorithm(algorithm) for algorithm in ALGORITHMS.values()])

    @routes.get("/features/", summary="List features", response_description="All of them, on one page.")
    async def list_features(_: Reader) -> Annotated[dict[str, Any], ShownAs(FeaturePage)]:
        """`spellings` shows where parameters stand in a name; left out, they take their defaults."""
        return _list([_family(name) for name in feature_names()])

    @routes.get("/symbols/", summary="List symbols with candles", response_description="All of them, on one page.")
    async def list_symbols(_: Reader) -> Annotated[dict[str, Any], ShownAs(SymbolPage)]:
        """Say what there are real candles for, of which days, and what trading them costs unless `training_config` says otherwise."""
        return _list([_symbol(symbol) for symbol in INSTRUMENTS])

    return routes


def _list(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(results), "next": None, "previous": None, "results": results}


def _algorithm(algorithm: Algorithm) -> dict[str, Any]:
    return {
        "name": algorithm.name,
        "description": algorithm.description,
        "model_types": [kind.name for kind in algorithm.model_types],
        "target_variables": [name for name, kind in TARGETS.items() if kind in algorithm.model_types],
        "hyperparameters": {
            each.name: {"type": each.type, "default": each.default, "allowed": each.allowed(), "description": each.description}
            for each in algorithm.hyperparameters.values()
        },
    }


def _family(name: str) -> dict[str, Any]:
    feature = parse_feature(name)
    family = FAMILIES[feature.family]
    return {
        "name": name,
        "family": family.name,
        "group": family.group,
        "description": feature.description,
        "unit": family.unit,
        "warmup_bars": feature.warmup,
        "spellings": list(family.spellings),
        "parameters": [
            {"name": each.name, "default": each.default, "minimum": each.minimum, "maximum": each.maximum, "meaning": each.meaning}
            for each in family.parameters
        ],
    }


def _symbol(symbol: str) -> dict[str, Any]:
    known = INSTRUMENTS[symbol]
    return {
        "symbol": known.symbol,
        "name": known.name,
        "asset_class": known.asset_class.upper(),
        "timeframes": list(known.timeframes),
        "start_date": known.start.isoformat(),
        "end_date": known.end.isoformat(),
        "source": known.source,
        "note": known.note,
        "default_costs": asdict(usual_costs(symbol)),
    }
