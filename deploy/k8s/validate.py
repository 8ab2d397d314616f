"""`python -m deploy.k8s.validate [overlay …]`: render overlays by kustomize and hold them to schemas, triggers and each other."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.k8s.keda import Scalers
from deploy.k8s.references import reference_problems
from deploy.k8s.rendered import OVERLAYS, ROOT, Document, RenderError, read, render, render_own
from deploy.k8s.rules import rule_problems
from deploy.k8s.schemas import Schemas

# Definitions of the operators' kinds, of the versions that docs/guides/kubernetes.md names.
CRDS: Final = Path(os.environ.get("CRDS") or ROOT / "../shared/ops/crds")
MISSING: Final = (
    f"the operators' CRDs are not in {CRDS}: fetch those of KEDA 2.20.2, KubeRay 1.7.0, Strimzi 1.2.0 and prometheus-operator 0.93.0 as"
    " docs/guides/kubernetes.md shows, and name their folder in CRDS"
)


class Validator:
    """Judges rendered manifests."""

    def __init__(self, crds: Path, *, kinds: Sequence[str]) -> None:
        """Read the schemas of these kinds."""
        self._schemas = Schemas(crds, kinds=kinds)
        self._scalers = Scalers.read(crds / "keda-scalers-schema.json")

    def problems(self, documents: Sequence[Document]) -> Iterator[str]:
        """Yield a sentence for everything that is wrong, beginning with kind and name."""
        for document in documents:
            yield from self.problems_of(document)
        yield from reference_problems(documents)

    def problems_of(self, document: Document) -> Iterator[str]:
        """Yield what is wrong with one manifest by itself."""
        found = [*self._schemas.problems(document)]
        # What has another shape than it should cannot be asked more.
        found = found or [*rule_problems(document), *self._scalers.problems(document)]
        yield from (f"{document}: {problem}" for problem in found)


def main(arguments: Sequence[str]) -> int:
    """Judge overlays: status 0 when all is well, 1 with a line for each problem."""
    parser = argparse.ArgumentParser(description="Render overlays and validate what comes out.")
    parser.add_argument("overlays", nargs="*", default=OVERLAYS, help="dev, prod, or any folder with a kustomization")
    if not CRDS.is_dir():
        sys.stderr.write(f"{MISSING}\n")
        return 1 if os.environ.get("CI") == "true" else 0
    status = 0
    for overlay in parser.parse_args(arguments).overlays:
        try:
            documents = read(render_own(overlay) if overlay in OVERLAYS else render(Path(overlay)))
            problems = [*Validator(CRDS, kinds=[document.kind for document in documents]).problems(documents)]
        except RenderError as error:
            problems, documents = [str(error)], []
        sys.stdout.writelines(f"{overlay}: {problem}\n" for problem in problems)
        sys.stdout.write(f"{overlay}: {len(documents)} manifests, {len(problems)} problems\n")
        status = status or bool(problems)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
