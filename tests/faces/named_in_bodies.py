"""What bodies of AI Engine and Model Builder name by id, name or path: a row a field, for the stories of two accounts."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.faces.endpoints_builder import BUILDER
from tests.faces.endpoints_engine import ENGINE
from tests.faces.made import AGENT, DATASET, EXPERIMENT, FILE, MODEL, REGISTERED, RUN, TEXTS, Things
from tests.gateway.agents.coach import NEW, SOURCE
from tests.gateway.engine.searching import experiment, search
from tests.gateway.engine.test_predictions import body as prediction

SPACE: Final = {"max_depth": {"type": "int", "min": 2, "max": 8}}


@dataclasses.dataclass(frozen=True)
class Named:
    """A field of a body that names a thing: of which kind (`of`), and how it is written (`value`, with the thing's name in it).

    `rest` is what the body has beside it; `<place of a path>` in a value of it becomes the asking account's own thing.
    """

    operation: str
    field: str
    of: str
    rest: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    value: str = "{}"

    def __str__(self) -> str:
        return f"{self.operation} {self.field} {self.value}"

    async def body(self, own: Things, value: str) -> dict[str, Any]:
        """Return the body that names this; the rest is of the account that asks."""
        whole = dict(self.rest)
        for name, text in self.rest.items():
            for place in re.findall(r"<(.+?)>", text) if isinstance(text, str) else ():
                whole[name] = text.replace(f"<{place}>", await own.one(place))
        *outer, last = self.field.split(".")
        inner = whole
        for name in outer:
            inner[name] = dict(inner[name])
            inner = inner[name]
        inner[last] = value
        return whole


_DATA: Final = {"data_path": f"<{FILE}>"}
_SCORED: Final = {"model": "news", "dataset_name": "News", "time_column": "when"}
_RUN_MODEL: Final = "runs:/{}/model"
NAMED: Final = (
    Named(f"POST {MODEL}/train", "dataset_id", DATASET),
    Named(f"POST {MODEL}/hyperparameter-tuning", "dataset_id", DATASET, search(hyperparameter_space=SPACE)),
    Named(f"POST {MODEL}/feature-importance", "dataset_id", DATASET, {"method": "permutation"}),
    Named(f"POST {REGISTERED}/versions", "model_id", MODEL),
    Named(f"POST {ENGINE}/experiments", "dataset_id", DATASET, experiment()),
    Named(f"POST {ENGINE}/rl-environments", "data_source.dataset_id", DATASET, NEW),
    Named(f"POST {AGENT}/run", "data_source.dataset_id", DATASET, {"episodes": 1, "data_source": SOURCE}),
    Named(f"POST {ENGINE}/predictions", "model_id", MODEL, prediction("")),
    Named(f"POST {ENGINE}/predictions", "model_id", REGISTERED, prediction(""), "{}@champion"),
    Named(f"POST {ENGINE}/predictions/batch", "model_id", MODEL, {"dataset_id": "packaged_AAPL_1d"}),
    Named(f"POST {ENGINE}/predictions/batch", "dataset_id", DATASET, {"model_id": f"<{MODEL}>"}),
    Named(f"POST {BUILDER}/data/validate", "data_path", FILE),
    Named(f"POST {BUILDER}/data/validate", "data_path", DATASET, {}, "dataset:{}"),
    Named(f"POST {BUILDER}/data/report", "data_path", FILE),
    Named(f"POST {BUILDER}/training/start", "data_path", FILE),
    Named(f"POST {BUILDER}/training/start", "data_path", DATASET, {}, "dataset:{}"),
    Named(f"POST {BUILDER}/training/start", "resume_from", RUN, _DATA, "outputs/{}/checkpoint-1"),
    Named(f"POST {BUILDER}/export", "model_path", RUN, {"format": "onnx"}, "outputs/{}/model"),
    Named(f"POST {BUILDER}/export", "model_path", TEXTS, {"format": "onnx"}, "models:/{}/1"),
    Named(f"POST {BUILDER}/export/validate", "model_path", RUN, {}, "outputs/{}/model/model.onnx"),
    Named(f"POST {BUILDER}/registry/register", "run_id", RUN, {"model_path": f"outputs/<{RUN}>/model", "name": "bobs"}),
    Named(f"POST {BUILDER}/registry/register", "model_path", RUN, {"run_id": f"<{RUN}>", "name": "bobs"}, _RUN_MODEL),
    Named(f"POST {BUILDER}/registry/register", "model_path", RUN, {"run_id": f"<{RUN}>", "name": "bobs"}, "outputs/{}/model"),
    Named(f"POST {BUILDER}/predict", "model", TEXTS, {"texts": ["It surges."]}),
    Named(f"POST {BUILDER}/predict", "model", TEXTS, {"texts": ["It surges."]}, "models:/{}/Production"),
    Named(f"POST {BUILDER}/score", "model", TEXTS, _SCORED | _DATA),
    Named(f"POST {BUILDER}/score", "data_path", FILE, _SCORED),
)
NOT_ANOTHERS: Final[Mapping[tuple[str, str], str]] = {
    (f"POST {EXPERIMENT}/model", "trial_id"): "A trial is looked for in the experiment that the path names.",
    (f"POST {BUILDER}/data/report", "output_path"): "It is where the report is written to, in the data root of who asks.",
}
"""Fields whose names say that they name a thing, and why it cannot be another account's."""
