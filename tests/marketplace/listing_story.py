"""What stories about listings do: tell of trainings, publish, review, withdraw, measure."""

from typing import Any

from libs.contracts.envelope import Event, now
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import (
    Listed,
    Performance,
    PerformanceMeasured,
    PublishModel,
    ReviewListing,
    Submitted,
    WithdrawListing,
)
from libs.contracts.training import TrainingCompleted
from tests.marketplace.market import PATIENCE_S, Market
from tests.waiting import until


async def trained(
    market: Market,
    *,
    account: str,
    version: str = "1.0",
    run_card: dict[str, Any] | None = None,
    sharpe_ratio: float = 0.2456,
    **config: Any,
) -> str:
    """Tell of a training with such a `training_config` that has made a version, and return its model's id."""
    example = EXAMPLES[TrainingCompleted]
    assert isinstance(example, TrainingCompleted)
    model = new_id("model")
    ids = {"event_id": new_id("event"), "job_id": new_id("job"), "model_id": model, "account_id": account, "version": version}
    metrics = example.result.metrics | {"sharpe_ratio": sharpe_ratio}
    result = example.result.model_copy(update={"metrics": metrics} | ({} if run_card is None else {"run_card": run_card}))
    spec = example.spec.model_copy(update={"training_config": example.spec.training_config | config})
    await market.bus.publish(example.model_copy(update={**ids, "result": result, "spec": spec}))

    async def known() -> bool:
        return await market.database["model_versions"].find_one({"model_id": model}) is not None

    await until(known)
    return model


def offered(model: str, *, account: str, **more: Any) -> PublishModel:
    """What a seller asks for."""
    example = EXAMPLES[PublishModel]
    assert isinstance(example, PublishModel)
    return example.model_copy(update={"listing_id": new_id("listing"), "model_id": model, "account_id": account, **more})


async def publish(market: Market, ask: PublishModel) -> Submitted:
    answer = await market.bus.ask(ask, within=PATIENCE_S)
    assert isinstance(answer, Submitted)
    return answer


async def review(market: Market, ask: PublishModel, word: Any, reason: str | None = None) -> Listed:
    said = ReviewListing(listing_id=ask.listing_id, model_id=ask.model_id, reviewer_id=new_id("account"), word=word, reason=reason)
    answer = await market.bus.ask(said, within=PATIENCE_S)
    assert isinstance(answer, Listed)
    return answer


async def withdraw(market: Market, ask: PublishModel, *, account: str | None = None) -> Listed:
    said = WithdrawListing(listing_id=ask.listing_id, model_id=ask.model_id, account_id=account or ask.account_id)
    answer = await market.bus.ask(said, within=PATIENCE_S)
    assert isinstance(answer, Listed)
    return answer


async def events(market: Market, kind: type[Event], listing: str, *, count: int = 1) -> list[Any]:
    """Wait until this many events of a kind were told of a listing, and return them."""

    async def told() -> bool:
        return len(market.told(kind.topic, listing)) >= count

    await until(told)
    return [kind.model_validate_json(body) for body in market.told(kind.topic, listing)]


def a_record(**values: Any) -> Performance:
    """What inference may have measured."""
    example = EXAMPLES[PerformanceMeasured]
    assert isinstance(example, PerformanceMeasured)
    return example.performance.model_copy(update={"measured_at": now(), **values})


async def measure(market: Market, ask: PublishModel, record: Performance, *, kind: Any = "backtest") -> None:
    """Tell of a measured record."""
    ids = {"listing_id": ask.listing_id, "model_id": ask.model_id, "version": ask.version, "sequence": 2}
    await market.bus.publish(PerformanceMeasured(**ids, kind=kind, performance=record))


async def on_sale(market: Market, *, account: str) -> PublishModel:
    """Put a fresh model on sale."""
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)
    await review(market, ask, "approve")
    return ask
