"""How jobs of each kind are worked on: a row a kind. docs/guides/add-a-job-kind.md says what each value means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from libs.contracts.job_kinds import JobKind
from libs.contracts.money import ALLOWANCE_BY_TIER
from libs.contracts.texts import MODEL

TIERS: Final = tuple(ALLOWANCE_BY_TIER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How jobs of a kind are worked on.

    `runs` is the `module:function` that a runner calls with the kind's spec; None for what the runners are warm with (TRAINING_TRAINER).
    `go_on` is what its owner does so that a later job goes on from where its limit has ended one, and its checkpoint is kept for that; None
    where none is kept. `memory_mb` is the memory in MiB that its runner may use and `clock` the time that its runs may take in all, both by
    tier: TRAINING_MEMORY_BY_KIND and TRAINING_CLOCK_BY_KIND set them. A tier without one has the bound that holds for all kinds
    (TRAINING_MEMORY_LIMIT_MB, TRAINING_WALL_TIME). `is_run` says whether such jobs are shown in an experiment tracker: those that learn
    or measure are. `model_in` is the folder of a run's files that is the model which it has made, "" where all of them are; None for what
    makes no version of one: of those that do, the files that the result names are shown too.
    """

    runs: str | None
    go_on: str | None = None
    memory_mb: Mapping[str, int] = field(default_factory=dict)
    clock: Mapping[str, timedelta] = field(default_factory=dict)
    is_run: bool = True
    model_in: str | None = None


WORK: Final[Mapping[JobKind, Work]] = {
    # Its request tells its tier's time by the clock (`clock_hours_per_job`), as the gateway tells accounts of it.
    JobKind.TRAIN: Work(runs=None, go_on="train the unchanged model again", model_in=""),
    JobKind.BACKTEST: Work(
        runs="services.training.backtests.run:run",
        # Measured: a runner has 356 MiB when it is warm, and 420 at most while it plays any symbol there is; a sweep of 10,000 points keeps
        # 130 more of their returns and curves, whatever its bars. Ten years of 15-minute candles (350,000 bars, some 40 columns of 8 bytes)
        # would add 110.
        memory_mb=dict.fromkeys(TIERS, 1024),
        # What is set aside for most of them, 72 CPU seconds, on a core that it shares with eleven others: what takes longer hangs.
        clock=dict.fromkeys(TIERS, timedelta(minutes=15)),
    ),
    JobKind.VALIDATE: Work(
        runs="services.training.datasets.check:run",
        is_run=False,
        # Measured: a new process that checks 10 million candles (444 MB of Parquet) has 307 MiB at most, one that checks a million (63 MB
        # of CSV) 289: files are read in blocks, and columns lie on the disk. A runner that is warm has 356 before.
        memory_mb=dict.fromkeys(TIERS, 1024),
        # What is set aside for the largest file of the tier, on a core that it shares with eleven others.
        clock={"free": timedelta(minutes=20), "pro": timedelta(minutes=60), "elite": timedelta(hours=2)},
    ),
    JobKind.REFRESH: Work(
        runs="services.training.sources.refresh:run",
        is_run=False,
        # A whole series is read and written, as a check does. Measured: 470 MiB for a million candles, 500,000 of them new; a series may
        # be as long as the largest dataset.
        memory_mb=dict.fromkeys(TIERS, 2560),
        # It waits more than it works: for a source's rate of requests, and for one that is away for some minutes.
        clock=dict.fromkeys(TIERS, timedelta(minutes=30)),
    ),
    JobKind.TUNE: Work(
        runs="services.training.tuning.run:run",
        go_on="resume the experiment",
        memory_mb=dict.fromkeys(TIERS, 4096),
        clock={"free": timedelta(hours=1), "pro": timedelta(hours=8), "elite": timedelta(hours=24)},
    ),
    JobKind.AGENT: Work(
        runs="services.training.agents.train:run",
        # Measured: a runner has 509 MiB when agents are loaded, and 1,100 at most for 8,686 bars at which 1,002 numbers are seen; what is
        # seen at all bars is bounded (25 million numbers of 12 bytes, 290 MiB, some of it twice), and so is what agents remember (256 MiB).
        memory_mb=dict.fromkeys(TIERS, 2048),
    ),
    JobKind.AGENT_RUN: Work(
        runs="services.training.agents.play:run",
        # The same, without the memory; an episode's course is 24 bytes a bar and symbol, 32 episodes at once.
        memory_mb=dict.fromkeys(TIERS, 2048),
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
    JobKind.IMPORTANCE: Work(
        runs="services.training.importance.run:run",
        # Reckoned, not measured:
        # a table of a training, and copies of the rows that are drawn: 20,000 windows of 100 bars and 50 features are 800 MB.
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
    JobKind.PREDICT_BATCH: Work(
        runs="services.training.batches.run:run",
        is_run=False,
        # Reckoned, not measured:
        # a warm runner, candles of 60 bytes, and at most 100 million features of 8 bytes beside a column of each while it is computed.
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=2)),
    ),
    JobKind.TRAIN_TEXT: Work(
        runs="services.training.texts.run:run",
        # Measured: 2,230 MiB at most while all 22.7 million weights of the network that ships learn from batches of 16 texts of 128
        # tokens, and 1,052 where only its head does. Reckoned: one of 110 million weights takes 20 bytes for each (weight, gradient,
        # AdamW's two moments, the best ones so far), 2.1 GiB, twice the checkpoint while that is written, 2.5, and its libraries.
        # TRAINING_MEMORY_LIMIT_MB bounds it at 4,096 until it is raised.
        memory_mb=dict.fromkeys(TIERS, 6144),
        model_in=MODEL,
    ),
    JobKind.EXPORT: Work(
        runs="services.training.exports.run:run",
        is_run=False,
        # Measured: 1,030 MiB at most for 91 MB of weights in all formats, optimised, 410 of them for the libraries: 6.8 times the weights
        # beside that. The largest that is taken (MODEL_MOST of services/gateway/domain/jobs/export_price.py) would have 3,860.
        memory_mb=dict.fromkeys(TIERS, 4096),
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
    JobKind.SCORE_TEXTS: Work(
        runs="services.training.scoring.run:run",
        is_run=False,
        # Reckoned, not measured:
        # a warm runner, a backbone of 110 million weights as ONNX twice (880 MB), a million texts of 300 letters and 20 symbols' candles.
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=4)),
    ),
    JobKind.CHECK_TEXTS: Work(
        runs="services.training.texts_checks.run:run",
        is_run=False,
        # Measured: a new process has 884 MiB at most for 200,000 texts of 21 words (46 MB), 443 for 50,000. Of more than 200,000 texts
        # none are compared, which takes most of it; a million of the longest that are read would add 1,000.
        memory_mb=dict.fromkeys(TIERS, 3072),
        # What is set aside for the largest file, on a core that it shares with eleven others.
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
    JobKind.RUN_RECIPE: Work(
        runs="services.training.recipes.run:run",
        # Measured: 530 MiB at most for any family on the data that ship. Reckoned: the largest file of the largest tier as columns of 8
        # bytes, twice, and the libraries of networks.
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=2)),
        model_in=MODEL,
    ),
    JobKind.MONITOR_MODEL: Work(
        runs="services.training.snapshots.run:run",
        is_run=False,
        # Measured: a new process has 714 MiB at most while it compares a million answers of a model of twenty features with 100,000 of
        # the reference, and takes 6 seconds for them. Reckoned: 4,000 texts and a backbone of 110 million weights as ONNX twice (880 MB).
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
    JobKind.GENERATE_ROWS: Work(
        runs="services.training.synthetic.run:run",
        is_run=False,
        # As a run of a recipe, which it ends with; 1,000 rows beside 10,000 add 250 MB at most while their distances are taken.
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
    JobKind.PREDICT_RECIPE: Work(
        runs="services.training.recipes.predicting:run",
        is_run=False,
        # As a run of a recipe, of which it reads the rows: a forecast goes on from those that were learned from.
        memory_mb=dict.fromkeys(TIERS, 3072),
        clock=dict.fromkeys(TIERS, timedelta(hours=1)),
    ),
}
