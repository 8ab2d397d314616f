"""Start scoring texts: which version, which texts and which candles is found first, so that the job knows hashes and no names."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError
from libs.contracts.job_kinds import JobKind
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import TIMEFRAMES, OwnCandles
from libs.contracts.text_labels import label_scores, why_no_score
from libs.contracts.text_scoring import SCORES, SUFFIX, SYMBOLS_MOST, ScoreTextsSpec
from libs.market.catalogue import is_symbol
from libs.market.datasets.times import check_zone
from libs.market.own import OwnCatalogue
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.datasets.ports import Datasets
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.predictions.texts import TextReference
from services.gateway.domain.registry.ports import ModelArchives
from services.gateway.domain.visible_text import text_problem
from services.gateway.domain.work import Work
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.datasets.keep_scores import is_scored
from services.gateway.usecases.files.find_output import FindOutput, Makes
from services.gateway.usecases.files.keep_file import Room
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.predictions.predict_texts import FindTextVersion
from services.gateway.usecases.texts.find_texts import FindTexts

NAME_MOST: Final = 100
MADE: Final = Makes((SCORES,), lambda path: path == SCORES)
AS_WANTED: Final = ("text_column", "time_column", "symbol_column", "symbol", "symbol_suffix", "timeframe", "tz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What is wanted; columns that are None are found by their names."""

    model: TextReference
    data_path: str
    dataset_name: str
    text_column: str | None = None
    time_column: str | None = None
    symbol_column: str | None = None
    symbol: str | None = None
    symbol_suffix: str = SUFFIX
    timeframe: str = "1d"
    tz: str = "UTC"
    output_dir: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreTexts:
    """The same work twice starts one job; `kind` is that of a job that scores."""

    find: FindTextVersion
    texts: FindTexts
    datasets: Datasets
    own: FindOwn
    output: FindOutput
    room: Room
    limits: TierLimits
    start: StartJob
    folders: ModelArchives

    async def __call__(self, wanted: Scoring, *, kind: JobKind, caller: Caller, work: Work) -> Job:
        """Return the accepted job.

        Raise InvalidError that names the fields, StorageFullError, or what finding a model, a file or a free slot raises.
        """
        _check(wanted)
        account_id = caller.account_id
        data = await self.texts(wanted.data_path, account_id=account_id)
        await self.room.check(account_id, tier=caller.tier, more=data.artifact.size)
        servable = await self.find(wanted.model, account_id=account_id)
        await self._check_labels(servable.artifact)
        own = await self.own.newest(account_id)
        stored = await self.datasets.stored(account_id)
        told = {
            "model_id": servable.model_id,
            "version": servable.version,
            "artifact": servable.artifact,
            "data": data,
            "dataset_name": wanted.dataset_name.strip(),
            "output_dir": await self.output(wanted.output_dir, MADE, account_id=account_id),
            "taken": await self._taken(own, wanted, account_id=account_id),
            "datasets_most": min(SYMBOLS_MOST, max(0, self.limits.most(Limit.DATASETS, caller.tier) - stored.datasets)),
            "rows_most": max(0, self.limits.most(Limit.ROWS, caller.tier) - stored.rows),
            "own": own.references(_named(own, wanted), timeframe=wanted.timeframe),
        }
        spec = ScoreTextsSpec.model_validate(told | {name: getattr(wanted, name) for name in AS_WANTED})
        name = f"scores of {data.path}"[:NAME_MOST]
        started = await self.start(Order(kind=kind, spec=spec, name=name), caller=caller, work=work)
        return started.job

    async def _check_labels(self, artifact: str) -> None:
        """Raise InvalidError for a model whose labels are no words of sentiment; what its files are missing for, the job tells."""
        with suppress(ArtifactMissingError):
            labels = (await self.folders.manifest_of(artifact)).labels
            if label_scores(labels) is None:
                message = f"The model cannot score: {why_no_score(labels)}"
                raise InvalidError(message, details={"model": [message]})

    async def _taken(self, own: OwnCatalogue, wanted: Scoring, *, account_id: str) -> tuple[str, ...]:
        """Return the symbols that cannot be what is made, as a dataset has them that no such job has made."""
        alike = [
            each
            for symbol, candles in own.candles.items()
            for each in candles
            if symbol.endswith(wanted.symbol_suffix) and each.timeframe == wanted.timeframe and not each.is_live
        ]
        return tuple([each.symbol for each in alike if not await self._is_ours(each, account_id=account_id)])

    async def _is_ours(self, candles: OwnCandles, *, account_id: str) -> bool:
        return is_scored(await self.datasets.get(candles.dataset_id, account_id=account_id))


@dataclass(frozen=True, slots=True)
class ScoringUseCases:
    """What a face offers of it."""

    jobs: Jobs
    score: ScoreTexts
    stop: StopJob


def _named(own: OwnCatalogue, wanted: Scoring) -> list[str]:
    return list(own.candles) if wanted.symbol is None else [wanted.symbol]


def _check(wanted: Scoring) -> None:
    """Raise InvalidError of the fields that can be nothing of the kind."""
    problems: dict[str, list[str]] = {}
    if wanted.timeframe not in TIMEFRAMES:
        near = did_you_mean(wanted.timeframe, TIMEFRAMES)
        problems["timeframe"] = [f"Must be one of {', '.join(TIMEFRAMES)}.{near}"]
    if wanted.symbol is not None and wanted.symbol_column is not None:
        problems["symbol"] = ["Give the symbol of all texts, or the column that says it, not both."]
    elif wanted.symbol is not None and not is_symbol(wanted.symbol + wanted.symbol_suffix):
        problems["symbol"] = [f"With '{wanted.symbol_suffix}' it must be 1 to 20 capital letters, digits and .^&_-."]
    if wanted.symbol_suffix and not is_symbol(f"A{wanted.symbol_suffix}"):
        problems["symbol_suffix"] = [f"Must be capital letters, digits and .^&_-, such as {SUFFIX}; empty for none."]
    if not wanted.dataset_name.strip():
        problems["dataset_name"] = ["Must not be empty."]
    elif (odd := text_problem(wanted.dataset_name)) is not None:
        problems["dataset_name"] = [odd]
    try:
        check_zone(wanted.tz)
    except InvalidError as error:
        problems |= error.details
    if problems:
        message = "The texts cannot be scored: see the details."
        raise InvalidError(message, details=problems)
