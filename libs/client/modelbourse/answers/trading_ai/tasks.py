"""What the gateway answers about tasks, which are trainings and backtests. A field that is said to be of a status is left out of others."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, Answer, Moment

TaskName = Literal["ml_tasks.train_model_async", "backtest_tasks.run_backtest_async"]
TaskStatus = Literal["PENDING", "STARTED", "SUCCESS", "FAILURE", "RETRY", "REVOKED"]
TaskSortBy = Literal["created_at", "started_at", "completed_at"]
TRAINING_ID: Final = "training_lstm_BTCUSDT_20260115"
NETWORK_ID: Final = "lstm_BTCUSDT_15m_20260115"
URL: Final = f"/api/tasks/{JOB_ID}"
# Why a value is null, by its name.
Reasons: TypeAlias = Annotated["dict[str, str] | None", Field(None, description="Why a value is null, by its name.", examples=[{}])]
TaskId: TypeAlias = Annotated[str, Field(description="The task's id: that of its job, in all of the platform.", examples=[JOB_ID])]


class TaskStarted(Answer):
    """A training that was accepted."""

    task_id: TaskId
    status: TaskStatus = Field(description="How it stands.")
    estimated_completion: Moment | None = Field(description="When it may end, its wait included where that is known.", examples=[AT])
    estimated_duration_seconds: int | None = Field(description="How long it may run, told from past trainings or its size.", examples=[190])
    check_status_url: str = Field(description="The path where it says how it stands.", examples=[URL])
    job_id: str = Field(description="Its readable id, under `/api/training/jobs`.", examples=[TRAINING_ID])
    model_id: str = Field(description="The readable id of the model that it makes.", examples=[NETWORK_ID])
    reasons: Reasons


class TaskMetrics(Answer):
    """How far the fit under way is."""

    current_epoch: int | None = Field(description="How many epochs of it are done.", examples=[45])
    current_loss: float | None = Field(description="Its latest log loss.", examples=[1.0345])
    current_accuracy: float | None = Field(description="Its latest accuracy.", examples=[0.48])


class TaskResult(Answer):
    """What came of a task: of a training what it measured out of sample, of a backtest its result in short."""

    model_id: str | None = Field(None, description="Training: the model's readable id.", examples=[NETWORK_ID])
    accuracy: float | None = Field(None, description="Training: share of test rows that were right.", examples=[0.52])
    precision: float | None = Field(None, description="Training: macro average over the classes.", examples=[0.5])
    recall: float | None = Field(None, description="Training: macro average over the classes.", examples=[0.48])
    f1_score: float | None = Field(None, description="Training: macro average over the classes.", examples=[0.49])
    final_loss: float | None = Field(None, description="Training: log loss on the training rows, at its end.", examples=[0.98])
    training_time_seconds: float | None = Field(None, description="Training: from its begin to its end.", examples=[190.0])
    epochs_completed: int | None = Field(None, description="Training: epochs of the last fit.", examples=[100])
    best_epoch: int | None = Field(None, description="Training: the epoch that was kept.", examples=[87])
    model_path: str | None = Field(
        None, description="Training: where the version's manifest lies in the artifact store.", examples=["sha256/6b/6b1f…"]
    )
    backtest_id: str | None = Field(None, description="Backtest: its readable id.", examples=["backtest_rsi_AAPL_20260115"])
    results_url: str | None = Field(
        None, description="Where all of its results are.", examples=["/api/backtests/backtest_rsi_AAPL_20260115"]
    )
    total_trades: int | None = Field(None, description="Backtest: how many trades there were.", examples=[12])
    win_rate: float | None = Field(None, description="Backtest: winning / all trades.", examples=[0.58])
    net_profit: float | None = Field(None, description="Backtest: in the currency of the symbol's prices.", examples=[998.2])
    sharpe_ratio: float | None = Field(None, description="Backtest: annualised.", examples=[0.8])
    max_drawdown: float | None = Field(None, description="Backtest: as a fraction of the peak.", examples=[0.084])
    reasons: Reasons


class Task(Answer):
    """A task: what it is, how it stands, and what has come of it. A list has it in short."""

    task_id: TaskId
    task_name: TaskName = Field(description="What is done.")
    status: TaskStatus = Field(description="How it stands; `RETRY`: it runs again, as a runner was lost or an attempt failed.")
    progress: int = Field(ge=0, le=100, description="How far it is, in percent.", examples=[45])
    parent_id: str | None = Field(
        None, description="The task that this one is a part of; left out of a task of its own.", examples=[JOB_ID]
    )
    created_at: Moment = Field(description="When it was asked for (UTC, as all moments are).", examples=[AT])
    started_at: Moment | None = Field(None, description="When it began to run; null where it has not.", examples=[AT])
    estimated_completion: Moment | None = Field(
        None, description="`PENDING`, `STARTED`, `RETRY`: when it may end, where that is known.", examples=[AT]
    )
    queue_position: int | None = Field(
        None,
        ge=1,
        description="`PENDING`: 1 more than wait, of all accounts, with a higher priority or as high and longer. Fairness between accounts "
        "can move it. Not in a list.",
        examples=[3],
    )
    current_operation: str | None = Field(
        None, description="`STARTED`, `RETRY`: what is being done. Not in a list.", examples=["Fitting the final model: epoch 45/100"]
    )
    metrics: TaskMetrics | None = Field(None, description="`STARTED`, `RETRY`, of a training: how far its fit is. Not in a list.")
    result: TaskResult | None = Field(None, description="`SUCCESS`: what came of it. Not in a list.")
    completed_at: Moment | None = Field(None, description="`SUCCESS`: when it ended.", examples=[AT])
    error: str | None = Field(None, description="`FAILURE`: what went wrong.", examples=["Only 12 rows are left after the warm-up."])
    error_type: str | None = Field(None, description="`FAILURE`: the name of the error. Not in a list.", examples=["NotEnoughDataError"])
    traceback: str | None = Field(
        None,
        description="`FAILURE`: where an error of a library came from; null for what was refused or ended. Not in a list.",
        examples=[None],
    )
    retries: int | None = Field(None, ge=0, description="`RETRY`, `FAILURE`: how often it was tried again. Not in a list.", examples=[2])
    max_retries: int | None = Field(
        None,
        ge=0,
        description="`FAILURE`: how often it was to be tried again at most; 0 for what cannot pass. Not in a list.",
        examples=[2],
    )
    failed_at: Moment | None = Field(None, description="`FAILURE`: when it ended.", examples=[AT])
    revoked_at: Moment | None = Field(None, description="`REVOKED`: when it was ended.", examples=[AT])
    message: str | None = Field(None, description="`REVOKED`: who has ended it. Not in a list.", examples=["Task cancelled by user"])
    execution_time_seconds: float | None = Field(
        None, description="`SUCCESS`, `FAILURE`: from its begin to its end; null where it never began.", examples=[190.0]
    )
    reasons: Reasons


class Tasks(Answer):
    """A part of a list."""

    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many at most are in this part.", examples=[50])
    offset: int = Field(description="How many were passed over.", examples=[0])
    tasks: list[Task] = Field(description="This part, in the order asked for.")


class TaskCancelled(Answer):
    """A task that was ended."""

    success: bool = Field(description="True.", examples=[True])
    task_id: TaskId
    status: TaskStatus = Field(description="`REVOKED`.")
    message: str = Field(description="What was done.", examples=["Task cancelled successfully"])
    cancelled_at: Moment = Field(description="When it was ended.", examples=[AT])


class TaskRetried(Answer):
    """A new task with what a failed one was asked to do."""

    success: bool = Field(description="True.", examples=[True])
    new_task_id: str = Field(description="The new task's id.", examples=["job_01kab9n8k4gn1ssd6r0z3x7p5v"])
    original_task_id: str = Field(description="The failed task's id.", examples=[JOB_ID])
    status: TaskStatus = Field(description="How the new one stands.")
    message: str = Field(description="What was done.", examples=["Task retried with new ID"])
    check_status_url: str = Field(
        description="The path where it says how it stands.", examples=["/api/tasks/job_01kab9n8k4gn1ssd6r0z3x7p5v"]
    )
    created_at: Moment = Field(description="When the new one was made.", examples=[AT])


class TaskCounts(Answer):
    """How many tasks there are, and how they ended."""

    total: int = Field(description="All of them.", examples=[48])
    successful: int = Field(description="Those that ended well.", examples=[46])
    failed: int = Field(description="Those that failed.", examples=[2])
    success_rate: float | None = Field(description="Successful / (successful + failed); null while there are none.", examples=[0.958])


class TaskSystemHealth(Answer):
    """The platform's side, whoever asks."""

    celery_workers_active: int = Field(description="Training services that answer: they take tasks up and run them on Ray.", examples=[2])
    queue_depth: int = Field(description="Jobs of all kinds and accounts that wait.", examples=[5])
    avg_queue_wait_time_seconds: float | None = Field(
        description="Mean wait of the 200 jobs, of all kinds and accounts, that began last; null before any has begun.", examples=[15.0]
    )


class TaskStats(Answer):
    """What the caller's tasks come to, and how the platform's queue stands."""

    total_tasks: int = Field(description="All of them.", examples=[1234])
    pending: int = Field(description="Those that wait.", examples=[5])
    running: int = Field(description="Those that run.", examples=[2])
    successful: int = Field(description="Those that ended well.", examples=[1150])
    failed: int = Field(description="Those that failed.", examples=[77])
    revoked: int = Field(description="Those that were cancelled.", examples=[0])
    success_rate: float | None = Field(description="Successful / (successful + failed).", examples=[0.937])
    failure_rate: float | None = Field(description="Failed / (successful + failed).", examples=[0.063])
    avg_execution_time_seconds: float | None = Field(description="Of those that ended by themselves.", examples=[1800.0])
    median_execution_time_seconds: float | None = Field(description="Of those that ended by themselves.", examples=[1650.0])
    min_execution_time_seconds: float | None = Field(description="Of those that ended by themselves.", examples=[120.0])
    max_execution_time_seconds: float | None = Field(description="Of those that ended by themselves.", examples=[7200.0])
    last_24h: TaskCounts = Field(description="Those that were asked for within 24 hours.")
    last_7d: TaskCounts = Field(description="Those that were asked for within 7 days.")
    by_task_type: dict[str, TaskCounts] = Field(
        description="By `task_name`.",
        examples=[{"ml_tasks.train_model_async": {"total": 856, "successful": 812, "failed": 44, "success_rate": 0.949}}],
    )
    system_health: TaskSystemHealth = Field(description="The platform's side.")
    last_updated: Moment = Field(description="When this was counted.", examples=[AT])
    reasons: Reasons
