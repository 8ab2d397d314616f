"""On which terms a job of each kind is accepted, and what comes of it: a row a kind. docs/guides/add-a-job-kind.md explains the values."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.agents import AgentRunSpec, AgentSpec
from libs.contracts.backtests import BacktestSpec
from libs.contracts.batches import PredictBatchSpec
from libs.contracts.datasets import ValidateSpec
from libs.contracts.importance import ImportanceSpec
from libs.contracts.job_kinds import JobKind
from libs.contracts.live import RefreshSpec
from libs.contracts.money import to_hours
from libs.contracts.strategies import RulesStrategy
from libs.contracts.texts import TextSpec
from libs.contracts.training import TrainingSpec
from libs.contracts.trials import Tried, tried_by
from libs.contracts.tuning import TuneSpec
from libs.market.calendars import closed_between
from libs.market.catalogue import Instrument, UnknownSymbolError, first_day
from libs.market.own import NOTHING, OwnCatalogue, check_instrument
from libs.quant.rules import parse_rule
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.environments.check_environment import check_environment
from services.gateway.domain.environments.price import agent_seconds, run_seconds
from services.gateway.domain.jobs.backtest_price import PLAYED_MOST, backtest_hours, candles_played
from services.gateway.domain.jobs.dataset_price import refresh_hours, validate_hours
from services.gateway.domain.jobs.export_price import check_export, export_hours
from services.gateway.domain.jobs.generation_price import check_generation, generation_hours
from services.gateway.domain.jobs.importance_price import check_method, importance_hours
from services.gateway.domain.jobs.recipe_price import check_recipe_run, recipe_hours
from services.gateway.domain.jobs.text_check_price import text_check_hours
from services.gateway.domain.jobs.tune_price import tune_hours
from services.gateway.domain.models.check_spec import check_data
from services.gateway.domain.models.retraining import dated
from services.gateway.domain.monitoring.price import check_monitoring, monitoring_hours, read_by
from services.gateway.domain.predictions.batch import batch_hours, check_batch
from services.gateway.domain.predictions.recipe_rows import check_prediction, prediction_hours
from services.gateway.domain.predictions.scoring import check_scoring, scoring_hours


class Outcome(StrEnum):
    """What a job changes beside itself (usecases/jobs/effects.py)."""

    NOTHING = "nothing"
    MODEL_VERSION = "model_version"
    DATASET_VERSION = "dataset_version"
    LIVE_VERSION = "live_version"
    TRIALS = "trials"
    EXPERIMENT = "experiment"
    AGENT = "agent"
    FILES = "files"
    TEXT_VERSION = "text_version"
    SCORES = "scores"
    RECIPE_VERSION = "recipe_version"
    SNAPSHOT = "snapshot"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for whoever wants a job: the limits of the account's tier, whether candles may be generated, and what are its own."""

    limits: TierLimits
    tier: Tier
    synthetic: bool
    own: OwnCatalogue = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms jobs of a kind are accepted.

    `check` refuses a spec that cannot be done, or is larger than the tier may have, and names the fields. `hours` is the price: what is set
    aside for a spec and the most that it is charged; None where past jobs tell (estimate.py). Lists can be ordered by the values of an
    answer at the paths of `ranked`, and filtered by those of a spec at the paths of `filtered`; both get an index. `reads` tells the
    symbols whose candles a job reads, and of which timeframe; the spec of such a kind has `own`, what stands behind the account's.
    What the platform does by itself is not charged: `hours` bound it, and nothing is set aside.
    `dated` gives a spec the days that there are now, where it does not have days of its own. `not_again` says of a failed job (`{job}`) why
    an operator cannot have it run again, and what happens instead. `tried` tells which configurations a spec tries, of what counts them.
    `has_folder` tells that a job has the folder of its spec's `output_dir` for itself while it is at work.
    `goes_on` tells whether a job goes on with what another has begun: it reads what that one has read.
    """

    check: Callable[[Any, Policy], None]
    hours: Callable[[Any], Decimal] | None
    outcome: Outcome = Outcome.NOTHING
    ranked: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    reads: Callable[[Any], tuple[Sequence[str], str]] | None = None
    is_charged: bool = True
    dated: Callable[[Any, OwnCatalogue], Any] | None = None
    not_again: str | None = None
    tried: Callable[[Any], Tried] | None = None
    has_folder: bool = False
    goes_on: Callable[[Any], bool] | None = None

    def with_own(self, spec: Any, own: OwnCatalogue) -> Any:
        """Return the spec with the versions of the account's datasets that stand behind its symbols now, and with the days they have."""
        if self.reads is None or (self.goes_on is not None and self.goes_on(spec)):
            return spec
        symbols, timeframe = self.reads(spec)
        found = spec.model_copy(update={"own": own.references(symbols, timeframe=timeframe)})
        return found if self.dated is None else self.dated(found, own)


def _check_training(spec: TrainingSpec, policy: Policy) -> None:
    """Raise SubscriptionRequiredError or LimitReachedError; what makes no sense was refused when the model was made.

    Raise InvalidError for symbols and columns that were the account's own then, and are no more.
    """
    policy.limits.check_spec(spec, tier=policy.tier)
    check_data(spec, own=policy.own, synthetic_allowed=policy.synthetic)


def _check_backtest(spec: BacktestSpec, policy: Policy) -> None:
    """Raise InvalidError that names the fields: all days asked for must have candles, else a curve would be shorter than it says.

    A grid is refused whose points would not be played within what a job may take.
    """
    days = sum(_days_of(spec, policy, symbol=symbol, field="symbols" if spec.symbols else "symbol") for symbol in spec.all_symbols)
    played = candles_played(spec, days=days)
    if played > PLAYED_MOST:
        fewer = "Give fewer values, fewer days or symbols, or a longer timeframe."
        message = f"All combinations play up to {played:,} candles; at most {PLAYED_MOST:,}. {fewer}"
        raise InvalidError(message, details={"parameters": [message]})


def _days_of(spec: BacktestSpec, policy: Policy, *, symbol: str, field: str) -> int:
    """Return of how many days candles of a symbol are played. Raise InvalidError that names the fields."""
    synthetic = policy.synthetic if spec.synthetic is None else spec.synthetic == "allow"
    try:
        instrument = check_instrument(symbol, timeframe=spec.timeframe, own=policy.own, synthetic_allowed=synthetic)
    except UnknownSymbolError as error:
        raise InvalidError(error.message, details={field: [error.message]}) from error
    first, last = first_day(instrument, timeframe=spec.timeframe), instrument.end
    there = f"{instrument.symbol} has {spec.timeframe} candles from {first} to {last}."
    given = {"start_date": spec.start_date, "end_date": spec.end_date}
    outside = {name: [f"{there} There are none on {day}."] for name, day in given.items() if day and not first <= day <= last}
    if outside:
        raise InvalidError(there, details=outside)
    _check_trades(instrument, start=spec.start_date or first, end=spec.end_date or last)
    if isinstance(spec.strategy, RulesStrategy):
        mine = policy.own.behind(symbol, timeframe=spec.timeframe)
        _check_rules(spec.strategy, columns=mine.columns if mine else ())
    return ((spec.end_date or last) - (spec.start_date or first)).days + 1


def _check_rules(strategy: RulesStrategy, *, columns: Collection[str]) -> None:
    """Raise InvalidError that names each rule that cannot be read, the place in it, what is allowed and the nearest name."""
    wrong: dict[str, list[str]] = {}
    for name, text in strategy.model_dump(exclude={"name"}, exclude_none=True).items():
        try:
            parse_rule(text, field=f"rules.{name}", columns=columns)
        except InvalidError as error:
            wrong |= error.details
    if wrong:
        raise InvalidError(" ".join(words for each in wrong.values() for words in each), details=wrong)


def _check_trades(instrument: Instrument, *, start: date, end: date) -> None:
    """Raise InvalidError when no day asked for has a candle; it names the nearest that have."""
    if instrument.own:
        return  # Its calendar may be any; when nothing was traded its candles say.
    if (nearest := closed_between(instrument.asset_class, start, end)) is None:
        return
    before, after = nearest
    closed = f"{instrument.symbol} does not trade from {start} to {end}."
    begin, finish = f"The last day with candles before is {before}.", f"The first day with candles after is {after}."
    msg = f"{closed} {begin} {finish}"
    raise InvalidError(msg, details={"start_date": [f"{closed} {begin}"], "end_date": [finish]})


def _check_upload(spec: ValidateSpec, policy: Policy) -> None:
    """Raise SubscriptionRequiredError or LimitReachedError: a file of so many bytes, a version of so many rows."""
    policy.limits.check(Limit.UPLOAD, spec.upload.size, tier=policy.tier)
    policy.limits.check(Limit.UPLOAD_ROWS, spec.rows_most, tier=policy.tier)


def _check_refresh(spec: RefreshSpec, policy: Policy) -> None:
    """Refuse nothing: what is configured was checked when it was read."""


def _check_tune(spec: TuneSpec, policy: Policy) -> None:
    """Raise SubscriptionRequiredError or LimitReachedError; InvalidError where the data of its model is gone."""
    policy.limits.check(Limit.TRIALS, spec.max_trials, tier=policy.tier)
    policy.limits.check(Limit.PARALLEL_TRIALS, spec.parallel_trials, tier=policy.tier)
    _check_training(spec.base, policy)


def _check_agent(spec: AgentSpec | AgentRunSpec, policy: Policy) -> None:
    """Raise InvalidError where candles or columns of an environment are no more; what makes no sense was refused when it was made."""
    synthetic = policy.synthetic if spec.synthetic is None else spec.synthetic == "allow"
    if problems := check_environment(spec.environment, own=policy.own, synthetic_allowed=synthetic, learns=isinstance(spec, AgentSpec)):
        message = " ".join(text for texts in problems.values() for text in texts)
        raise InvalidError(message, details={f"environment.{field}": texts for field, texts in problems.items()})


def _agent_reads(spec: AgentSpec | AgentRunSpec) -> tuple[Sequence[str], str]:
    return spec.environment.symbols, spec.environment.timeframe


def _agent_hours(spec: AgentSpec) -> Decimal:
    return to_hours(agent_seconds(spec))


def _run_hours(spec: AgentRunSpec) -> Decimal:
    return to_hours(run_seconds(spec))


def _check_importance(spec: ImportanceSpec, policy: Policy) -> None:
    """Raise InvalidError that names the field: what a method cannot look at, and data that is gone."""
    check_method(spec)
    check_data(spec.training, own=policy.own, synthetic_allowed=policy.synthetic)


def _check_batch(spec: PredictBatchSpec, policy: Policy) -> None:
    """Raise InvalidError where the dataset is gone, or lacks what the model looks at."""
    check_batch(spec, own=policy.own, synthetic_allowed=policy.synthetic)


def _check_texts(spec: TextSpec, policy: Policy) -> None:
    """Raise SubscriptionRequiredError or LimitReachedError: so many processes that train together."""
    if spec.workers > policy.limits.most(Limit.WORKERS, policy.tier):
        refusal = policy.limits.refusal(Limit.WORKERS, tier=policy.tier)
        texts = [text for each in refusal.details.values() for text in each]
        raise type(refusal)(refusal.message, details={"config.training.num_workers": texts})


TERMS: Final[Mapping[JobKind, Terms]] = {
    JobKind.TRAIN: Terms(
        check=_check_training,
        hours=None,
        outcome=Outcome.MODEL_VERSION,
        reads=lambda spec: (spec.training_config["symbols"], spec.training_config.get("timeframe", "1d")),
        dated=dated,
    ),
    JobKind.BACKTEST: Terms(
        check=_check_backtest,
        hours=backtest_hours,
        outcome=Outcome.TRIALS,
        ranked=("metrics.win_rate", "metrics.sharpe_ratio", "money.net_profit"),
        filtered=("symbol", "strategy.name"),
        reads=lambda spec: (spec.all_symbols, spec.timeframe),
        tried=tried_by,
    ),
    JobKind.VALIDATE: Terms(
        check=_check_upload,
        hours=validate_hours,
        outcome=Outcome.DATASET_VERSION,
        not_again="The file that {job} has checked went when the check ended: its owner sends it again.",
    ),
    JobKind.REFRESH: Terms(
        check=_check_refresh,
        hours=refresh_hours,
        outcome=Outcome.LIVE_VERSION,
        is_charged=False,
        not_again="{job} has refreshed a live series, which is refreshed again by itself when it is due.",
    ),
    JobKind.TUNE: Terms(
        check=_check_tune,
        hours=tune_hours,
        outcome=Outcome.EXPERIMENT,
        reads=lambda spec: (spec.base.symbols, spec.base.timeframe),
        goes_on=lambda spec: spec.earlier is not None,
        not_again="{job} has searched for an experiment: its owner resumes that.",
    ),
    JobKind.AGENT: Terms(check=_check_agent, hours=_agent_hours, outcome=Outcome.AGENT, reads=_agent_reads),
    JobKind.AGENT_RUN: Terms(check=_check_agent, hours=_run_hours, filtered=("agent_id",), reads=_agent_reads),
    JobKind.IMPORTANCE: Terms(
        check=_check_importance, hours=importance_hours, reads=lambda spec: (spec.training.symbols, spec.training.timeframe)
    ),
    JobKind.PREDICT_BATCH: Terms(check=_check_batch, hours=batch_hours, reads=lambda spec: (spec.symbols, spec.timeframe)),
    JobKind.TRAIN_TEXT: Terms(check=_check_texts, hours=None, outcome=Outcome.TEXT_VERSION, has_folder=True),
    JobKind.EXPORT: Terms(check=check_export, hours=export_hours, outcome=Outcome.FILES, has_folder=True),
    JobKind.SCORE_TEXTS: Terms(check=lambda spec, _: check_scoring(spec), hours=scoring_hours, outcome=Outcome.SCORES, has_folder=True),
    JobKind.CHECK_TEXTS: Terms(
        check=lambda spec, policy: policy.limits.check(Limit.UPLOAD, spec.data.artifact.size, tier=policy.tier),
        hours=text_check_hours,
        outcome=Outcome.FILES,
    ),
    JobKind.RUN_RECIPE: Terms(
        check=lambda spec, policy: check_recipe_run(spec, limits=policy.limits, tier=policy.tier),
        hours=recipe_hours,
        outcome=Outcome.RECIPE_VERSION,
        filtered=("recipe_id", "run_type"),
    ),
    JobKind.MONITOR_MODEL: Terms(
        check=check_monitoring, hours=monitoring_hours, outcome=Outcome.SNAPSHOT, reads=lambda spec: read_by(spec.subject)
    ),
    JobKind.GENERATE_ROWS: Terms(check=check_generation, hours=generation_hours, outcome=Outcome.EXAMPLE, filtered=("recipe_id",)),
    JobKind.PREDICT_RECIPE: Terms(check=check_prediction, hours=prediction_hours),
}
