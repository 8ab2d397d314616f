"""What inference answers."""

from collections.abc import Sequence

from libs.chassis.errors import PlatformError
from libs.chassis.handlers import Answers
from libs.contracts.envelope import Reply
from libs.contracts.inference import Predict as Ask
from services.inference.usecases.predict import Predict


def make_answers(*, predict: Predict) -> Answers:
    """Bind each ask to its use case."""
    answers = Answers()

    @answers.to_batch(Ask)
    async def on_predict(asks: Sequence[Ask]) -> Sequence[Reply | bytes | PlatformError]:
        return await predict(asks)

    return answers
