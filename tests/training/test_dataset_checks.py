"""What the job kind `validate` runs: real files from the store, checked, and what is in the store afterwards."""

import hashlib
from pathlib import Path
from typing import Any, Final

import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactDamagedError, Artifacts
from libs.contracts.datasets import BaseVersion, DatasetKind, Upload, ValidateResult, ValidateSpec
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobRequested
from libs.contracts.training import Priority
from libs.market.datasets.canonical import read_candles
from services.training.datasets.check import run
from services.training.learners.progress import Progress
from tests.training.conftest import Story

HEADER: Final = "Date;Open;High;Low;Close;Volume;Mood\n"
ROWS: Final = [
    f"{day:02}.01.2026 {hour:02}:00;{hour + 1}.0;{hour + 1}.9;{hour + 1}.0;{hour + 1}.5;{hour}00;0.{hour}\n"
    for day in (5, 6)
    for hour in range(24)
]
# Not in order, one row twice.
MESSY: Final = HEADER + "".join([ROWS[1], ROWS[0], *ROWS[2:], ROWS[7]])


@pytest.fixture
def store(tmp_path: Path) -> Artifacts:
    return Artifacts(str(tmp_path / "artifacts"))


def sent(store: Artifacts, text: str | bytes, **said: Any) -> ValidateSpec:
    """Put a file where uploads wait, and return what its check is asked."""
    content = text if isinstance(text, bytes) else text.encode()
    path, sha256 = f"uploads/{new_id('upload')}", hashlib.sha256(content).hexdigest()
    store.write_named(path, content)
    usual: dict[str, Any] = {
        "dataset_id": "dataset_1",
        "version": 1,
        "name": "ACME",
        "kind": "candles",
        "symbol": "ACME",
        "timeframe": "1h",
    }
    upload = Upload(path=path, sha256=sha256, size=len(content), format="csv")
    return ValidateSpec.model_validate(usual | {"upload": upload, "calendar": "24/7", "rows_most": 1000} | said)


def checked(spec: ValidateSpec, store: Artifacts) -> tuple[ValidateResult, list[Progress]]:
    told: list[Progress] = []
    return run(spec, artifacts=store, report=told.append), told


def test_a_messy_file_becomes_a_canonical_file_and_a_page_in_the_store(store: Artifacts) -> None:
    result, told = checked(sent(store, MESSY), store)

    assert result.artifact is not None
    assert result.page is not None
    candles, further = read_candles(store.get(result.artifact.sha256), symbol="ACME")
    assert (result.status, result.rows, result.added, len(candles)) == ("ready", 48, 48, 48)
    assert {"duplicate", "unsorted"} <= {finding.code.value for finding in result.warnings}
    assert list(further) == ["mood"]
    assert store.get(result.page.sha256).startswith(b"<!")
    assert told
    assert ValidateResult.model_validate_json(result.model_dump_json()) == result


def test_the_same_check_run_again_makes_the_same_file_and_leaves_what_was_sent(store: Artifacts) -> None:
    spec = sent(store, MESSY)

    (first, _), (second, _) = checked(spec, store), checked(spec, store)

    assert first.artifact is not None
    assert first.artifact == second.artifact
    assert store.read_named(spec.upload.path) is not None


def test_appended_rows_and_the_whole_file_are_the_same_bytes(store: Artifacts) -> None:
    first, _ = checked(sent(store, HEADER + "".join(ROWS[:20])), store)
    whole, _ = checked(sent(store, HEADER + "".join(ROWS)), store)
    assert first.artifact is not None

    base = BaseVersion(version=1, sha256=first.artifact.sha256, size=first.artifact.size)
    grown, _ = checked(sent(store, HEADER + "".join(ROWS[16:]), version=2, base=base), store)

    assert (grown.status, grown.added, grown.rows) == ("ready", 28, 48)
    assert grown.artifact == whole.artifact


def test_rows_that_contradict_what_there_is_are_refused_unless_they_revise_it(store: Artifacts) -> None:
    first, _ = checked(sent(store, HEADER + "".join(ROWS)), store)
    assert first.artifact is not None
    base = BaseVersion(version=1, sha256=first.artifact.sha256)
    other = HEADER + ROWS[3].replace(";4.5;", ";4.4;")

    refused, _ = checked(sent(store, other, version=2, base=base), store)
    revised, _ = checked(sent(store, other, version=2, base=base, revise=True), store)

    assert (refused.status, refused.artifact, [finding.code for finding in refused.errors]) == ("refused", None, ["conflict"])
    assert (revised.status, revised.revised, revised.rows) == ("ready", 1, 48)


def test_a_refused_file_has_a_page_and_no_rows(store: Artifacts) -> None:
    result, _ = checked(sent(store, "time,open\n2026-01-05T09:00:00Z,1\n"), store)

    assert (result.status, result.artifact) == ("refused", None)
    assert result.page is not None
    assert store.has(result.page.sha256)
    assert "missing_column" in {finding.code for finding in result.errors}


def test_a_price_of_nothing_is_refused_in_words(store: Artifacts) -> None:
    result, _ = checked(sent(store, MESSY.replace(";8.0;8.9;8.0;8.5;", ";0;8.9;0;8.5;")), store)

    assert (result.status, {finding.code.value for finding in result.errors}) == ("refused", {"nonpositive_price"})


def test_nothing_is_kept_of_what_is_only_looked_at(store: Artifacts, tmp_path: Path) -> None:
    result, _ = checked(sent(store, MESSY, dry_run=True), store)

    assert (result.status, result.rows, result.artifact, result.page) == ("ready", 48, None, None)
    assert not (tmp_path / "artifacts" / "sha256").exists()


def test_texts_become_a_canonical_file_as_well(store: Artifacts) -> None:
    spec = sent(store, "text,label\nUp we go,good\n", kind=DatasetKind.TEXT, symbol=None, timeframe=None, calendar=None, name="News")

    result, _ = checked(spec, store)

    assert (result.status, result.rows, result.timeframe) == ("ready", 1, None)
    assert result.artifact is not None


def test_long_texts_and_many_columns_are_told_within_what_a_message_carries(store: Artifacts) -> None:
    names = [f"a_rather_long_name_of_a_column_{number}" for number in range(200)]
    text = ",".join(names) + "\n" + 30 * (",".join(["x" * 150] * 200) + "\n")
    about: dict[str, Any] = {"kind": "table", "symbol": None, "timeframe": None, "calendar": None}

    wide, _ = checked(sent(store, text, **about), store)
    long, _ = checked(sent(store, "note\n" + "y" * 50_000 + "\n", **about), store)

    assert (wide.status, long.status) == ("ready", "ready")
    assert 0 < len(wide.preview) < 20
    assert len(wide.model_dump_json()) <= 400_000
    assert len(str(long.preview[0]["note"])) == 201


def test_a_file_that_is_gone_or_damaged_is_told_in_words(store: Artifacts) -> None:
    gone, damaged = sent(store, MESSY), sent(store, MESSY)
    store.delete_named(gone.upload.path)
    store.write_named(damaged.upload.path, b"another")

    with pytest.raises(InvalidError, match="no longer there: send it again"):
        checked(gone, store)
    with pytest.raises(ArtifactDamagedError, match="damaged: send it again"):
        checked(damaged, store)


async def test_a_check_is_run_and_told_as_a_job(story: Story) -> None:
    store = Artifacts(story.settings.artifacts_url)
    request = JobRequested(
        sequence=1,
        job_id=new_id("job"),
        kind="validate",
        account_id="account_1",
        tier="free",
        job_name="check of ACME, version 1",
        priority=Priority.NORMAL,
        spec=sent(store, MESSY).model_dump(mode="json"),
        reserved_hours="0.01",
    )
    async with story.service():
        await story.gateway.publish(request)
        await story.gateway.publish(request)

        end = await story.job_ended(request)

    result = ValidateResult.model_validate(end["result"])
    assert (end["topic"], end["kind"], end["spec"]) == ("job.completed", "validate", request.spec)
    assert result.artifact is not None
    assert store.has(result.artifact.sha256)
