"""Sends a file and waits for its check, and says how it went: exit status 1 when it cannot be used."""

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from modelbourse.answers.datasets import AcceptedDataset, Dataset, DatasetVersion
from modelbourse.cli.data_shown import facts_of, print_health, print_understood
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.showing import print_facts, print_json, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.errors_datasets import DatasetRefusedError
from modelbourse.modelbourse import Modelbourse
from modelbourse.sending import Watch

# What there is to say of a file that is not kept.
CHECKED: Final = frozenset({"kind", "symbol", "timeframe", "calendar", "status", "rows", "from", "to"})
Send: TypeAlias = Callable[[BinaryIO, Watch], AcceptedDataset]


def send(
    client: Modelbourse, file: str, how: Send, *, wait: bool = True, timeout: float | None = None, kept: bool = True, json_: bool
) -> None:
    """Send a file (`-`: stdin) and show what became of it; `kept` is false where it was only to be checked."""
    accepted, dataset = _sent(client, file, how, wait=wait, timeout=timeout, kept=kept)
    if dataset is None:
        return _say_accepted(accepted, json_=json_)
    if json_:
        print_json(dataset)
    else:
        _print_checked(client, accepted, dataset, kept=kept)
    if dataset.status == "refused":
        raise SystemExit(1)
    return None


def pairs_of(column: Sequence[str] | None) -> dict[str, str] | None:
    """Return `close=Last price` options as what the file calls a column, by what it is called here. Raise CommandError."""
    if not column:
        return None
    pairs = {}
    for each in column:
        ours, equals, theirs = each.partition("=")
        if not (ours and equals and theirs):
            msg = f"--column is like `close=Last price`: what it is called here, and what the file calls it; not '{each}'"
            raise CommandError(msg, status=2)
        pairs[ours.strip()] = theirs.strip()
    return pairs


def _sent(
    client: Modelbourse, file: str, how: Send, *, wait: bool, timeout: float | None, kept: bool
) -> tuple[AcceptedDataset, Dataset | None]:
    from modelbourse.cli.data_progress import shown  # noqa: PLC0415  # most commands about data show no progress

    name = "stdin" if file == "-" else Path(file).name
    accepted: AcceptedDataset | None = None
    try:
        with heeding_ctrl_c() as look, shown(name) as bar:
            with nullcontext(sys.stdin.buffer) if file == "-" else _opened(file) as opened:
                accepted = how(opened, bar.sent)
            if not wait:
                return accepted, None

            def watch(dataset: Dataset) -> None:
                look(dataset)
                bar.checking()

            bar.checking()
            try:
                return accepted, client.datasets.wait(accepted.dataset_id, accepted.version, timeout=timeout, watch=watch)
            except DatasetRefusedError as error:
                return accepted, error.dataset
    except KeyboardInterrupt:
        if accepted is not None and kept:
            tell(f"the check goes on\n→ see how it went: modelbourse data show {accepted.dataset_id}")
        raise SystemExit(INTERRUPTED) from None


def _opened(file: str) -> BinaryIO:
    try:
        return Path(file).open("rb")
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise CommandError(msg) from error


def _say_accepted(accepted: AcceptedDataset, *, json_: bool) -> None:
    if json_:
        return print_json(accepted)
    print_understood(accepted.preview)
    return say(
        f"{accepted.dataset_id}, version {accepted.version}, is being checked; see how it goes: modelbourse data show {accepted.dataset_id}"
    )


def _print_checked(client: Modelbourse, accepted: AcceptedDataset, dataset: Dataset, *, kept: bool) -> None:
    print_facts(facts_of(dataset) if kept else [each for each in facts_of(dataset) if each[0] in CHECKED])
    say("")
    print_understood(dataset.preview, columns=dataset.columns)
    print_health(dataset.health, why_none=dataset.reasons.get("health"))
    if dataset.status == "refused":
        return tell(_refusal(dataset, accepted, kept=kept))
    if kept and accepted.version > 1:
        version = _version(client, accepted)
        say(f"\nversion {version.version} has {version.rows} rows: {version.added} were added, {version.revised} have other values now")
    elif dataset.symbol and kept:
        say(f"\nuse it wherever a symbol is: {dataset.symbol}, {dataset.timeframe}")
    elif not kept:
        say("\nit can be used; nothing of it was kept: send it with `modelbourse data upload`")
    return None


def _version(client: Modelbourse, accepted: AcceptedDataset) -> DatasetVersion:
    return next(each for each in client.datasets.versions(accepted.dataset_id) if each.version == accepted.version)


def _refusal(dataset: Dataset, accepted: AcceptedDataset, *, kept: bool) -> str:
    again = "modelbourse data check" if not kept else "modelbourse data upload"
    if accepted.version > 1:
        return f"✗ the rows cannot be used; the version before is as it was\n→ mend the file and append it again, or see {dataset.id}"
    return f"✗ the file cannot be used\n→ mend what the errors name, and send it again: {again}"
