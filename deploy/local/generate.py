"""`python -m deploy.local.generate`: write what is made from the code: schemas and the generated pages and documents in docs/.

With `--release VERSION` the current schemas are also kept under `schemas/released/VERSION/`: from then on messages must stay readable
in both directions between them and whatever comes later.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from deploy.images.licences_page import licences_page
from deploy.k8s.generated import manifests
from deploy.observability.boards_of_services import DASHBOARDS
from deploy.observability.metrics import metrics_page
from libs.chassis.settings import SharedSettings
from libs.chassis.settings_page import settings_page
from libs.contracts.access_page import access_page
from libs.contracts.algorithms_page import algorithms_page
from libs.contracts.asyncapi import asyncapi_document
from libs.contracts.events_page import events_page
from libs.contracts.schemas_of import every_message, schema_of
from libs.contracts.text_config import TextConfig
from libs.quant.features_page import features_page
from services.gateway.settings import Settings as GatewaySettings
from services.inference.settings import Settings as InferenceSettings
from services.marketplace.settings import Settings as MarketplaceSettings
from services.monitoring.settings import Settings as MonitoringSettings
from services.training.settings import Settings as TrainingSettings

ROOT: Final = Path(__file__).resolve().parents[2]
SCHEMAS: Final = Path("libs/contracts/schemas")
SERVICES: Final[dict[str, type[SharedSettings]]] = {
    "gateway": GatewaySettings,
    "training": TrainingSettings,
    "inference": InferenceSettings,
    "marketplace": MarketplaceSettings,
    "monitoring": MonitoringSettings,
}


def generated() -> dict[Path, str]:
    """Return every generated file's text by its path from the repository's root."""
    pages = {
        Path("docs/algorithms.md"): algorithms_page(),
        Path("docs/configuration.md"): settings_page(SERVICES),
        Path("docs/events.md"): events_page(),
        Path("docs/kafka-access.md"): access_page(),
        Path("docs/features.md"): features_page(),
        Path("docs/licences.md"): licences_page(),
        Path("docs/metrics.md"): metrics_page(),
        Path("docs/asyncapi.json"): _json(asyncapi_document()),
        Path("libs/client/modelbourse/builder/config_schema.json"): _json(TextConfig.model_json_schema()),
    }
    boards = {Path(f"deploy/observability/dashboards/{board.uid}.json"): board.to_json() for board in DASHBOARDS}
    return pages | boards | manifests() | schema_files(SCHEMAS)


def schema_files(folder: Path) -> dict[Path, str]:
    """Return the schema of every message as a file in this folder."""
    return {folder / f"{name}.json": _json(schema_of(name, message=message)) for name, message in every_message()}


def write(files: dict[Path, str], *, root: Path) -> list[Path]:
    """Write the files that differ from what is there and return their paths."""
    changed = [path for path, text in files.items() if not (root / path).exists() or (root / path).read_text() != text]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path])
    return changed


def leftovers(files: dict[Path, str], *, root: Path) -> list[Path]:
    """Return the schema files of messages that are no more."""
    return [path.relative_to(root) for path in sorted((root / SCHEMAS).glob("*.json")) if path.relative_to(root) not in files]


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files, and a release's schemas if one is named."""
    parser = argparse.ArgumentParser(description="Write what is made from the code.")
    parser.add_argument("--release", metavar="VERSION", help="also keep the current schemas as this release's")
    version = parser.parse_args().release
    files = generated()
    if version:
        files |= schema_files(SCHEMAS / "released" / version)
    for path in write(files, root=ROOT):
        print(f"written: {path}")
    for path in leftovers(files, root=ROOT):
        (ROOT / path).unlink()
        print(f"removed: {path}")


if __name__ == "__main__":
    main()
