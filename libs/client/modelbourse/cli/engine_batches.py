"""`modelbourse engine predictions batch …`: a model's answers to a whole dataset, as a Parquet file."""

from pathlib import Path
from typing import Annotated

import typer

from modelbourse.answers.engine.batches import Batch
from modelbourse.cli.given import ModelId
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_facts, print_json, say, tell
from modelbourse.command import INTERRUPTED

ToOption = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Save it there, when it is written.")]
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="A batch's id.")]


def batch(
    model_id: ModelId,
    dataset_id: Annotated[str, typer.Argument(metavar="DATASET", help="A dataset's id.")],
    *,
    to: ToOption = None,
    level: Annotated[float | None, typer.Option(help="How often intervals are to hold the truth; default 0.9.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")] = False,
    timeout: Annotated[float | None, typer.Option(help="Wait for so many seconds at most.")] = None,
    json_: JsonOption = False,
) -> None:
    """Predict each candle of a dataset, and save the file."""
    client = open_client()
    queued = client.engine.predictions.batch(model_id, dataset_id, interval_level=level)
    later = f"modelbourse engine predictions batch-result {queued.batch_id} --to FILE"
    if detach:
        return print_json(queued) if json_ else say(f"queued {queued.batch_id}; when it has ended: {later}")
    try:
        with heeding_ctrl_c() as look:
            done = client.engine.predictions.wait_batch(queued.batch_id, timeout=timeout, watch=look)
    except KeyboardInterrupt:
        tell(f"the batch goes on\n→ its file: {later}")
        raise SystemExit(INTERRUPTED) from None
    return _show(done, to=to, json_=json_)


def batch_result(batch_id: BatchArgument, *, to: ToOption = None, json_: JsonOption = False) -> None:
    """Show a batch as it stands, and save its file."""
    return _show(open_client().engine.predictions.get_batch(batch_id), to=to, json_=json_)


def batch_cancel(batch_id: BatchArgument, *, json_: JsonOption = False) -> None:
    """End a batch; hours that it has not used come back."""
    ended = open_client().engine.predictions.cancel_batch(batch_id)
    return print_json(ended) if json_ else say(f"{ended.batch_id} is {ended.status}")


def _show(found: Batch, *, to: Path | None, json_: bool) -> None:
    if to is not None:
        place = open_client().engine.predictions.download_batch(found.batch_id, to)
        tell(f"wrote {place} ({place.stat().st_size} bytes)")
    if json_:
        return print_json(found)
    return print_facts(
        [
            ("id", found.batch_id),
            ("model", f"{found.model_id} {found.version}"),
            ("dataset", found.dataset_id),
            ("status", found.status),
            ("progress", f"{found.progress}%"),
            ("error", found.error),
            ("rows", found.rows),
            ("abstained", found.abstained),
            ("left out", found.left_out),
            ("learned from", found.in_sample),
            ("from", found.start),
            ("to", found.end),
            (f"interval of {found.interval_level:.0%}", found.interval_method),
            ("columns", ", ".join(found.columns) if found.columns else None),
        ]
    )
