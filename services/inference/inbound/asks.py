"""What inference answers."""

from collections.abc import Sequence

from libs.chassis.bus.handlers import Answers
from libs.chassis.errors import PlatformError
from libs.contracts.envelope import Reply
from libs.contracts.exports import ExportPart, ReadAccountInInference
from libs.contracts.inference import Predict as Ask
from libs.contracts.inference import PredictRange as RangeAsk
from services.inference.domain.ports import Exports
from services.inference.usecases.predict import Predict
from services.inference.usecases.predict_range import PredictRange


def make_answers(*, predict: Predict, predict_range: PredictRange, exports: Exports) -> Answers:
    """Bind each ask to its use case."""
    answers = Answers()

    @answers.to_batch(Ask)
    async def on_predict(asks: Sequence[Ask]) -> Sequence[Reply | bytes | PlatformError]:
        return await predict(asks)

    @answers.to(RangeAsk)
    async def on_predict_range(ask: RangeAsk) -> Reply:
        return await predict_range(ask)

    @answers.to(ReadAccountInInference)
    async def on_read_account(ask: ReadAccountInInference) -> ExportPart:
        return await exports.part(ask.account_id, after=ask.after, most=ask.most)

    return answers
