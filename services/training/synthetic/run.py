"""What the job kind `generate_rows` runs: rows are fitted and drawn, judged for privacy and likeness, and the recipe is run on them."""

import json
import tempfile
from pathlib import Path
from typing import Final

import pandas as pd

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.manifests.families import read_manifest
from libs.contracts.row_schema import Cell, RowSchema
from libs.contracts.synthetic_rows import BYTES_MOST, GenerateResult, GenerateSpec
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.progress import Report
from services.training.recipes.telling import Teller
from services.training.synthetic.fidelity import fidelity_of
from services.training.synthetic.generator import Generator, fit_generator
from services.training.synthetic.learning import Learning
from services.training.synthetic.privacy import check_privacy
from services.training.synthetic.reading import Source, read_source

STAGES: Final = 5
ONE_BY_ONE: Final = (
    "Rows are drawn one by one: what goes from row to row, such as a series through time or the choices of one customer, is not kept."
)


def run(spec: GenerateSpec, *, job_id: str, artifacts: Artifacts, report: Report, **_: object) -> GenerateResult:
    """Generate an example's rows. The same spec and rows give the same, bit for bit.

    Raise InvalidError for rows that cannot be fitted, a schema that does not go with them, and rows that would be copies.
    """
    manifest = read_manifest(spec.manifest, family=spec.family)
    teller = Teller(report, stages=STAGES)
    with tempfile.TemporaryDirectory(prefix="modelbourse-synthetic-") as folder:
        teller.begin("Reading", f"Reading {manifest.data.source}")
        source = read_source(spec, manifest, artifacts=artifacts, folder=Path(folder))
    teller.begin("Fitting", f"Fitting {len(source.fit.columns)} columns of {len(source.fit):,} rows, {len(source.held_out):,} held out")
    generator = fit_generator(source.fit, said=spec.row_schema, kinds=source.kinds)
    teller.begin("Drawing", f"Drawing {spec.rows:,} rows")
    numbers = generator.rows_of(spec.rows, seed=spec.seed)
    rows = generator.cells(numbers)
    _check_size(rows)
    teller.begin("Judging", "Looking how near the rows lie to those that were fitted")
    held_out = generator.coded(source.held_out)
    privacy = check_privacy(generator, fitted=generator.coded(source.fit), held_out=held_out, made=numbers)
    fidelity = fidelity_of(generator, held_out=held_out, made=numbers, seed=spec.seed)
    teller.begin("Running", "Running the recipe on the rows")
    learning = Learning(spec, source, frame_of(rows, generator.schema), artifacts, job_id)
    real, made, why = learning.compared()
    whys = {} if why is None else dict.fromkeys(("trained_on_real", "trained_on_synthetic"), why)
    example, why = learning.example()
    return GenerateResult(
        row_schema=generator.schema,
        rows=tuple(rows),
        example_run=example,
        fidelity=fidelity.model_copy(
            update={"trained_on_real": real, "trained_on_synthetic": made, "reasons": fidelity.reasons | whys},
        ),
        privacy=privacy,
        fit={
            "source": manifest.data.source,
            "sha256": source.sha256,
            "licence": source.licence,
            "synthetic": source.synthetic,
            "rows": source.rows,
            "fitted": generator.rows,
            "held_out": len(source.held_out),
            "seed": spec.seed,
        },
        notes=tuple(_notes(generator, source)),
        reasons={} if why is None else {"example_run_json": why},
    )


def frame_of(rows: list[tuple[Cell, ...]], schema: RowSchema) -> pd.DataFrame:
    """Return cells as a frame whose columns have the types of a schema."""
    frame = pd.DataFrame(rows, columns=[each.name for each in schema.columns])
    for column in schema.columns:
        if column.type in {"date", "datetime"}:
            frame[column.name] = pd.to_datetime(frame[column.name], utc=True, format="ISO8601").dt.tz_localize(None)
        elif column.type in {"number", "integer"}:
            frame[column.name] = pd.to_numeric(frame[column.name])
        elif column.type == "boolean" and frame[column.name].notna().all():
            frame[column.name] = frame[column.name].astype("bool")
    return frame


def _check_size(rows: list[tuple[Cell, ...]]) -> None:
    size = len(json.dumps(rows, ensure_ascii=False).encode())
    if size > BYTES_MOST:
        message = f"{len(rows):,} rows of {len(rows[0])} columns are {size:,} bytes, and {BYTES_MOST:,} are the most: ask for fewer."
        raise TrainingRefusedError(message, details={"generate.rows": [message]})


def _notes(generator: Generator, source: Source) -> list[str]:
    notes = [ONE_BY_ONE]
    if generator.broken:
        notes.append(f"{generator.broken:,} rows of the data do not keep to the schema's constraints, and were not fitted.")
    if source.rows > len(source.fit) + len(source.held_out):
        notes.append(f"Of {source.rows:,} rows {len(source.fit):,} were fitted, drawn at random.")
    names = [each.about.name for each in generator.columns if each.names]
    notes += [f"{name} has a word of its own in nearly every row: each generated row has a new one." for name in names]
    notes += [
        f"{each.invented:,} words of {each.about.name} are had by fewer than five rows each: invented ones stand in their place."
        for each in generator.columns
        if each.invented and not each.names
    ]
    return notes
