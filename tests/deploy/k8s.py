"""Overlays as kustomize renders them, and what a test asks of them."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deploy.k8s.rendered import Document, read, render_own
from deploy.k8s.validate import CRDS, MISSING


@cache
def rendered(overlay: str) -> tuple[Document, ...]:
    """Render an overlay once."""
    return tuple(read(render_own(overlay)))


def crds() -> Path:
    """Return where the operators' CRDs lie; where they do not, fail under CI=true, elsewhere skip and say how to get them."""
    if not CRDS.is_dir():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    return CRDS


def of_kind(overlay: str, kind: str) -> dict[str, Document]:
    return {document.name: document for document in rendered(overlay) if document.kind == kind}


def environment_of(overlay: str, service: str) -> dict[str, str]:
    """What the service's container has in its environment, as far as it is said here; its instance's name is its pod's."""
    container = of_kind(overlay, "Deployment")[service].pods[0]["spec"]["containers"][0]
    maps = of_kind(overlay, "ConfigMap")
    given: dict[str, str] = {}
    for source in container["envFrom"]:
        given |= maps[source["configMapRef"]["name"]].body["data"]
    return given | {each["name"]: each.get("value", f"{service}-7d4f9-abcde") for each in container["env"]}


def secret_files_of(overlay: str, service: str) -> list[str]:
    """The files of Secrets that its container finds, by name; those of its own Secret are not listed there."""
    volumes = of_kind(overlay, "Deployment")[service].pods[0]["spec"]["volumes"]
    sources = next(volume for volume in volumes if volume["name"] == "secrets")["projected"]["sources"]
    return [item["path"] for source in sources for item in source["secret"].get("items", ())]


def pods_of(overlay: str) -> dict[str, dict[str, Any]]:
    """Every pod template, by its name label; of a Ray cluster's worker groups the last."""
    return {pod["metadata"]["labels"]["app.kubernetes.io/name"]: pod for document in rendered(overlay) for pod in document.pods}
