"""Which manifest a family has, its JSON Schema, and the manifest of the platform's own approved baseline."""

import json
from collections.abc import Mapping, Sequence
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


def keys_of(family: Family, path: Sequence[str], document: Any) -> list[str]:
    """Return the keys that a manifest may have at a place (those of the alternative that `document` says, where there are several)."""
    return list(_chosen(*_node_at(family, path, document)).get("properties", ()))


def schema_at(family: Family, path: Sequence[str], document: Any) -> dict[str, Any]:
    """Return the JSON Schema of a place of a manifest, with its own description; empty where a manifest has no such place."""
    node, root, here = _node_at(family, path, document)
    return {**_chosen(node, root, here), **{key: value for key, value in node.items() if key not in {"$ref", "oneOf"}}}


def _node_at(family: Family, path: Sequence[str], document: Any) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Return the schema's node of a place, the whole schema, and what the document has there."""
    root = manifest_schema(family)
    node, here = root, document
    for part in path:
        above = _chosen(node, root, here)
        here = here.get(part) if isinstance(here, dict) else _item(here, part)
        node = above.get("properties", {}).get(part) or above.get("items") or {}
    return node, root, here


def _item(here: Any, part: str) -> Any:
    return here[int(part)] if isinstance(here, list) and part.isdecimal() and int(part) < len(here) else None


def _chosen(node: dict[str, Any], root: dict[str, Any], document: Any) -> dict[str, Any]:
    """Return the schema that a node stands for: what it refers to, and of several the one whose word the document has."""
    while True:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rpartition("/")[2]]
        elif "discriminator" in node:
            by = node["discriminator"]
            word = document.get(by["propertyName"]) if isinstance(document, dict) else None
            node = {"$ref": by["mapping"].get(word, next(iter(by["mapping"].values())))}
        else:
            return node
