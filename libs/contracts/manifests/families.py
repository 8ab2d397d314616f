"""Which manifest a family has, its JSON Schema, and the manifest of the platform's own approved baseline."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from libs.contracts.manifests.forecasting import ForecastingManifest
from libs.contracts.manifests.location_scoring import LocationScoringManifest
from libs.contracts.manifests.manifest import Manifest
from libs.contracts.manifests.next_best_action import NextBestActionManifest
from libs.contracts.manifests.pricing import PricingManifest
from libs.contracts.recipes import Family

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
BASELINES: Final = Path(__file__).parent / "baselines"
MANIFESTS: Final[Mapping[Family, type[Manifest]]] = {
    "pricing": PricingManifest,
    "next_best_action": NextBestActionManifest,
    "location_scoring": LocationScoringManifest,
    "forecasting": ForecastingManifest,
}


@cache
def manifest_schema(family: Family) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a family's manifests."""
    return {"$schema": DIALECT, "$id": f"urn:modelbourse:manifest:{family}", **MANIFESTS[family].model_json_schema()}


def read_manifest(document: Mapping[str, Any], *, family: Family) -> Manifest:
    """Return a resolved manifest as its family's class, with every default. Raise pydantic.ValidationError."""
    return MANIFESTS[family].model_validate(document)


@cache
def baseline_manifest(family: Family) -> dict[str, Any]:
    """Return the manifest of the platform's own approved baseline of a family, as it is written."""
    written: dict[str, Any] = json.loads((BASELINES / f"{family}.json").read_text())
    return written
