"""How old the candles are that a model's results rest on."""

from libs.market.age import Age, Ages, moment_in
from services.gateway.domain.models.model import Model

# The timeframe of a training that names none.
DAILY = "1d"


def age_of(model: Model, *, ages: Ages) -> Age | None:
    """Return the age of the newest candle of the test of the version that serves; None where its training did not say which it was."""
    closes = moment_in(model.result.run_card, "test_closes") if model.result else None
    if closes is None:
        return None
    spec = model.serving.market
    timeframe = spec.training_config.get("timeframe", DAILY)
    return ages.of_symbols(spec.training_config["symbols"], timeframe=timeframe, as_of=closes, own=spec.own)
