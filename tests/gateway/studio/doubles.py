"""Services that answer in the contracts' words: a training service without a cluster."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import Event, JsonObject, now
from libs.contracts.exports import ExportLine, ExportPart, ReadAccountInTraining
from libs.contracts.jobs import JobCancelled, JobCancelRequested, JobRequested
from libs.contracts.plots import REPORT, TRADING_PLOTS, Plot
from libs.contracts.snapshots import JobSnapshots, OtherJobSnapshot, ReadJobs
from libs.contracts.tables import Table, TableFile
from libs.contracts.training import (
    Artifact,
    CancelTraining,
    JobError,
    JobState,
    LogLine,
    TrainingCancelled,
    TrainingCancelRequested,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
    TrainingResult,
    TrainingStopped,
)
from tests.gateway.studio import kept_tables
from tests.gateway.studio.snapshots_double import snapshot
from tests.waiting import until

TOO_FEW_ROWS = JobError(type="NotEnoughDataError", message="Only 12 rows are left after the warm-up.")
STARTED = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
CLASSES = ("BUY", "HOLD", "SELL")
METRICS = {
    "accuracy": 0.41,
    "precision": 0.4,
    "recall": 0.39,
    "f1_score": 0.395,
    "roc_auc": 0.56,
    "log_loss": 1.07,
    "sharpe_ratio": 0.31,
    "max_drawdown": 0.14,
    "total_return": 0.05,
}
BACKTEST = {
    "total_trades": 10.0,
    "winning_trades": 6.0,
    "losing_trades": 4.0,
    "win_rate": 0.6,
    "avg_win": 0.02,
    "avg_loss": -0.01,
    "profit_factor": 3.0,
}


IMPORTANCE = {"method": "mean |SHAP value| of the predicted output, out of sample", "scale": "probability", "rows": 800}


def measured(**metrics: float | None) -> TrainingResult:
    """Return what a classifier's training measured; some metrics can be set."""
    return TrainingResult(
        metrics=METRICS | metrics,
        backtest=BACKTEST,
        feature_importance={"rsi_14": 0.6, "macd_signal": 0.4},
        training_metrics={"final_accuracy": 0.7, "final_loss": 0.6, "epochs": 20, "best_epoch": 20},
        validation_metrics={"accuracy": 0.4, "precision": 0.41, "recall": 0.38},
        baselines={"majority_class": {"accuracy": 0.36}},
        sharpe_interval={"low": -0.4, "high": 1.0, "level": 0.95, "method": "stationary bootstrap", "samples": 1000},
        equity_curve=(("2012-01-03", 1.0), ("2012-12-31", 1.05)),
        reasons={name: "There was nothing to measure it on." for name, value in metrics.items() if value is None},
        run_card={
            "data_source": "bokeh-sampledata 2026.1",
            "synthetic": False,
            "rows": 4000,
            "seed": 42,
            "learned_until": "2011-12-23T21:00:00Z",
            "test_opens": "2012-01-03T21:00:00Z",
            "test_closes": "2012-12-31T21:00:00Z",
            "feature_importance": IMPORTANCE,
        },
    )


def a_png(*said: str) -> bytes:
    """Return a small picture, another one for other words."""
    file, picture = BytesIO(), PngInfo()
    picture.add_text("Title", " ".join(said))
    Image.new("RGB", (8, 6), "white").save(file, "PNG", pnginfo=picture)
    return file.getvalue()


# So that a story with few jobs walks over pages.
PAGE = 2
QUEUED = (JobState.QUEUED, Decimal(0))


class TrainingDouble:
    """Hears requests, tells what the story wants, and answers cancellations like the real one: it ends what has not ended."""

    def __init__(self, broker: MemoryBroker, artifacts: Artifacts) -> None:
        self.bus = MemoryBus(broker, service="training", instance="training")
        self.artifacts = artifacts
        self.requests: dict[str, TrainingRequested] = {}
        self.job_requests: dict[str, JobRequested] = {}
        self.wishes: list[str] = []
        self.ended: dict[str, tuple[JobState, Decimal]] = {}
        self.cancelled_hours = Decimal("0.004")
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.tells_cancellations = True
        self.known: dict[str, JsonObject] = {}
        self.others: tuple[OtherJobSnapshot, ...] = ()
        self._sequences: dict[str, int] = {}

    def facts(self) -> Facts:
        facts = Facts()

        @facts.on(TrainingRequested)
        async def on_requested(event: TrainingRequested) -> None:
            self.requests[event.job_id] = event

        @facts.on(TrainingCancelRequested)
        async def on_wish(event: TrainingCancelRequested) -> None:
            self.wishes.append(event.job_id)

        @facts.on(JobRequested)
        async def on_job_requested(event: JobRequested) -> None:
            self.job_requests[event.job_id] = event

        @facts.on(JobCancelRequested)
        async def on_job_wish(event: JobCancelRequested) -> None:
            self.wishes.append(event.job_id)

        return facts

    def answers(self) -> Answers:
        answers = Answers()

        @answers.to(CancelTraining)
        async def cancel(ask: CancelTraining) -> TrainingStopped:
            await self.speaks.wait()
            if ask.job_id not in self.ended:
                self.ended[ask.job_id] = (JobState.CANCELLED, self.cancelled_hours)
                if self.tells_cancellations:
                    await self.publish_cancelled(ask)
            state, hours = self.ended[ask.job_id]
            return TrainingStopped(job_id=ask.job_id, state=state, compute_hours=hours, progress=30, partial=self.known.get(ask.job_id))

        @answers.to(ReadAccountInTraining)
        async def read_account(ask: ReadAccountInTraining) -> ExportPart:
            # One job a part, so that a story with few jobs walks over parts.
            ids = sorted(name for name, each in self.requests.items() if each.account_id == ask.account_id and name > ask.after)
            lines = tuple(ExportLine(kind="training.jobs", data={"id": name}) for name in ids[:1])
            return ExportPart(lines=lines, next_after=ids[0] if len(ids) > 1 else None)

        @answers.to(ReadJobs)
        async def read_jobs(ask: ReadJobs) -> JobSnapshots:
            ids = sorted(job_id for job_id in self.requests if job_id > ask.after)
            rows = [(self.requests[name], self._sequences.get(name, 1), *self.ended.get(name, QUEUED)) for name in ids[:PAGE]]
            page = tuple(
                snapshot(request, sequence, state, hours, result=measured(), started_at=STARTED) for request, sequence, state, hours in rows
            )
            others = () if ask.after else self.others
            return JobSnapshots(jobs=page, others=others, next_after=ids[PAGE - 1] if len(ids) > PAGE else None, count=len(self.requests))

        return answers

    async def has_ended(self, job_id: str, state: JobState) -> None:
        """End a job without a word, as one whose end nobody has heard."""
        self.ended[job_id], self._sequences[job_id] = (state, Decimal("0.001")), self._sequences.get(job_id, 1) + 1

    async def heard(self, job_id: str) -> TrainingRequested:
        """Wait for a job's request and return it."""

        async def here() -> bool:
            return job_id in self.requests

        await until(here, what=f"the request of {job_id}")
        return self.requests[job_id]

    async def publish_cancelled(self, ask: CancelTraining) -> None:
        if ask.job_id in self.job_requests:
            work: dict[str, Any] = {"started_at": STARTED, "ended_at": now(), "compute_hours": self.cancelled_hours, "progress": 30}
            await self.bus.publish(JobCancelled(**self.of_job(ask.job_id), **work, partial=self.known.get(ask.job_id)))
            return
        event = TrainingCancelled(
            **self._of(ask.job_id, ask.model_id, ask.account_id),
            started_at=STARTED,
            ended_at=now(),
            compute_hours=self.cancelled_hours,
            progress=30,
        )
        await self.bus.publish(event)

    async def progress(
        self, job_id: str, percent: int, *, sequence: int | None = None, lines: Sequence[str] = (), hours: str | None = None
    ) -> TrainingProgressed:
        """Tell that a job has come so far."""
        request = await self.heard(job_id)
        event = TrainingProgressed(
            **self._of(job_id, request.model_id, request.account_id, sequence=sequence),
            attempt=1,
            started_at=STARTED,
            progress=percent,
            stage="fitting",
            step=percent,
            total_steps=100,
            metrics={"accuracy": 0.4, "loss": 1.1, "epoch": 12, "total_epochs": 20, "best_epoch": 9},
            logs=tuple(LogLine(timestamp=STARTED + timedelta(seconds=percent), level="INFO", message=line) for line in lines),
            estimated_completion=STARTED + timedelta(hours=1),
            compute_hours=None if hours is None else Decimal(hours),
        )
        await self.bus.publish(event)
        return event

    async def complete(
        self,
        job_id: str,
        *,
        result: TrainingResult | None = None,
        hours: str = "0.002",
        artifact: Artifact | None = None,
        ended_at: datetime = STARTED + timedelta(minutes=2),
    ) -> TrainingCompleted:
        """Tell that a job has ended well; its plots and tables lie in the store, unless the result is given."""
        request = await self.heard(job_id)
        self.ended[job_id] = (JobState.SUCCEEDED, Decimal(hours))
        event = TrainingCompleted(
            **self._of(job_id, request.model_id, request.account_id),
            version=request.version,
            spec=request.spec,
            started_at=STARTED,
            ended_at=ended_at,
            compute_hours=Decimal(hours),
            artifact=artifact or Artifact(uri=f"sha256/ab/{job_id}", sha256=f"sha-of-{job_id}", size=1),
            result=result or measured().model_copy(update={"plots": self.drawn(job_id), "tables": self.kept()}),
            logs=(LogLine(timestamp=STARTED + timedelta(minutes=2), level="INFO", message="done"),),
        )
        await self.bus.publish(event)
        return event

    def drawn(self, job_id: str) -> dict[str, Artifact]:
        """Put a job's plots and its report into the store."""
        pictures = {plot.value: a_png(plot.value, job_id) for plot in Plot}
        vectors = {plot.vector: f"<svg><title>{plot.value} of {job_id}</title></svg>".encode() for plot in TRADING_PLOTS}
        report = {REPORT: f"<!DOCTYPE html><title>{job_id}</title>".encode()}
        return {name: self.artifacts.put(data) for name, data in (pictures | vectors | report).items()}

    def kept(self, trades: TableFile | None = None) -> dict[str, Artifact]:
        """Put a job's tables into the store."""
        tables = {Table.TRADES: trades or kept_tables.trades(), Table.EQUITY_CURVE: kept_tables.curve()}
        return {table.value: self.artifacts.put(file.to_bytes()) for table, file in tables.items()}

    async def fail(self, job_id: str, *, hours: Decimal = Decimal("0.001"), error: JobError = TOO_FEW_ROWS) -> None:
        """Tell that a job has ended badly."""
        request = await self.heard(job_id)
        self.ended[job_id] = (JobState.FAILED, hours)
        event = TrainingFailed(
            **self._of(job_id, request.model_id, request.account_id),
            started_at=STARTED,
            ended_at=STARTED + timedelta(minutes=1),
            compute_hours=hours,
            attempts=3,
            error=error,
            logs=(),
        )
        await self.bus.publish(event)

    async def again(self, event: Event) -> None:
        """Tell the same event once more."""
        await self.bus.publish(event)

    def of_job(self, job_id: str) -> dict[str, Any]:
        """Return what the next event of a job that is no training says of it."""
        request = self.job_requests[job_id]
        return self._of(job_id, "", request.account_id) | {"model_id": request.model_id, "kind": request.kind}

    def _of(self, job_id: str, model_id: str, account_id: str, *, sequence: int | None = None) -> dict[str, Any]:
        if sequence is None:
            sequence = self._sequences[job_id] = self._sequences.get(job_id, 1) + 1
        return {"job_id": job_id, "model_id": model_id, "account_id": account_id, "sequence": sequence}
