"""Make an environment of what a caller asks for: symbols and days of datasets, or of whatever has candles."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from libs.chassis.errors import InvalidError
from libs.contracts.environments import TradingEnvironment
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import SECONDS
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.environments.check_environment import check_environment
from services.gateway.domain.environments.environment import Environment
from services.gateway.domain.environments.errors import ENVIRONMENTS_MOST
from services.gateway.domain.environments.ports import Environments
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.problems import Problems
from services.gateway.domain.work import Work
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.datasets.find_training_data import FindTrainingData, TrainingData

DAYS: Final = ("start_date", "end_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedData:
    """Where candles are from: datasets by their ids, in the order of symbols, and the days of them; none of both: all there is."""

    dataset_ids: tuple[str, ...] = ()
    start_date: date | None = None
    end_date: date | None = None


@dataclass(frozen=True, slots=True)
class FindMarket:
    """Which symbols, of which timeframe, datasets give; and whether an environment's candles are there."""

    find_data: FindTrainingData
    own: FindOwn
    synthetic_allowed: bool

    async def __call__(self, asked: AskedData, *, account_id: str, symbols: Sequence[str], timeframe: str | None) -> dict[str, Any]:
        """Return symbols, timeframe and days of the environment; without datasets those that are asked for.

        Raise DatasetNotFoundError, NoCandlesOfDatasetError or DatasetNotReadyError; InvalidError for a symbol that no dataset is of.
        """
        data = await asyncio.gather(*(self.find_data(account_id, dataset_id) for dataset_id in asked.dataset_ids))
        found = tuple(dict.fromkeys(symbol for each in data for symbol in each.symbols))
        if not found and not symbols:
            message = "Name symbols, or a dataset that has candles of one."
            raise InvalidError(message, details={"parameters.symbols": [message]})
        if data and (strange := [symbol for symbol in symbols if symbol not in found]):
            _refuse_strange(strange, found)
        # Candles of a longer timeframe can be made of shorter ones, and not the other way about.
        chosen = timeframe or max((each.timeframe for each in data), key=lambda each: SECONDS[each], default="1d")
        return {"symbols": tuple(symbols) or found, "timeframe": chosen} | _days(asked, data)

    async def check(self, spec: TradingEnvironment, *, account_id: str, learns: bool = True) -> None:
        """Raise InvalidError that names each field of the request that cannot be done; `learns`: an agent is to learn from these days."""
        own = await self.own(account_id, columns=True)
        if problems := check_environment(spec, own=own, synthetic_allowed=self.synthetic_allowed, learns=learns):
            named = {f"{'data_source' if field in DAYS else 'parameters'}.{field}": texts for field, texts in problems.items()}
            message = " ".join(text for texts in named.values() for text in texts)
            raise InvalidError(message, details=named)


@dataclass(frozen=True, slots=True)
class MakeEnvironment:
    """The same work twice makes one environment."""

    environments: Environments
    market: FindMarket
    clock: Clock

    async def __call__(self, name: str, asked: AskedData, *, parameters: Mapping[str, Any], caller: Caller, work: Work) -> Environment:
        """Return the environment that was made; `parameters` are TradingEnvironment's, but for what `asked` tells.

        Raise InvalidError that names the fields, TooManyEnvironmentsError, or what FindMarket raises.
        """
        found = await self.market(
            asked, account_id=caller.account_id, symbols=parameters.get("symbols") or (), timeframe=parameters.get("timeframe")
        )
        spec = environment_of({**parameters, **found})
        await self.market.check(spec, account_id=caller.account_id)
        at = self.clock()
        environment = Environment(
            id=work.new_id("env"),
            account_id=caller.account_id,
            name=name,
            spec=spec,
            dataset_ids=asked.dataset_ids,
            created_at=at,
            updated_at=at,
        )
        return await self.environments.add(environment, most=ENVIRONMENTS_MOST)


def environment_of(given: Mapping[str, Any]) -> TradingEnvironment:
    """Return the environment of its parameters. Raise InvalidError for what does not go together, in the contract's own words."""
    try:
        return TradingEnvironment.model_validate(given)
    except ValidationError as error:
        problems: Problems = {}
        for each in error.errors(include_url=False):
            words = str(each["ctx"]["error"]) if "error" in each.get("ctx", {}) else each["msg"]
            name = ".".join(["parameters", *(str(part) for part in each["loc"][:1])])
            problems.setdefault(name, []).append(f"{words[0].upper()}{words[1:]}.")
        message = " ".join(text for texts in problems.values() for text in texts)
        raise InvalidError(message, details=problems) from error


def elsewhere(spec: TradingEnvironment, found: Mapping[str, Any]) -> TradingEnvironment:
    """Return an agent's environment on other candles. Raise InvalidError where those are of another timeframe or of too few symbols."""
    if found["timeframe"] != spec.timeframe:
        message = f"The agent has learned from candles of {spec.timeframe}; these are of {found['timeframe']}."
        raise InvalidError(message, details={"data_source.dataset_id": [message]})
    if len(found["symbols"]) != len(spec.symbols):
        message = f"The agent trades {len(spec.symbols)} symbols; these are {len(found['symbols'])}: {', '.join(found['symbols'])}."
        raise InvalidError(message, details={"data_source.dataset_id": [message]})
    return environment_of({**spec.model_dump(), **found})


def _refuse_strange(strange: Sequence[str], found: Sequence[str]) -> None:
    texts = [f"The dataset has candles of {', '.join(found)}, not of '{symbol[:40]}'.{did_you_mean(symbol, found)}" for symbol in strange]
    raise InvalidError(" ".join(texts), details={"parameters.symbols": texts})


def _days(asked: AskedData, data: Sequence[TrainingData]) -> dict[str, date | None]:
    """Return the days that are asked for; those that all datasets have, where some are and nothing is asked."""
    first = max((each.start for each in data), default=None)
    last = min((each.end for each in data), default=None)
    return {"start_date": asked.start_date or first, "end_date": asked.end_date or last}
