"""What bodies of AI Engine, Model Builder and ML Development name by id, name or path: a row a field, for the stories of two accounts."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.faces.endpoints_builder import BUILDER
from tests.faces.endpoints_engine import ENGINE
from tests.faces.endpoints_ml import ML
from tests.faces.made import AGENT, DATASET, EXPERIMENT, FILE, MODEL, REGISTERED, RUN, TEXTS, Things
from tests.faces.made_ml import ML_MODEL, RECIPE, RECIPE_VERSION
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
_RECIPE: Final = {"name": "Bobs", "model_family": "pricing", "level": "client"}
_OWN: Final = {"recipe_id": f"<{RECIPE}>", "recipe_version_id": f"<{RECIPE_VERSION}>"}
_ML_NAMED: Final = (
    Named(f"POST {ML}/recipes", "parent_id", RECIPE, _RECIPE),
    Named(f"POST {ML}/chat", "recipe_id", RECIPE, {"message": "What does it do?"}),
    Named(f"POST {ML}/models", "recipe_id", RECIPE, _OWN | {"name": "Bobs"}),
    Named(f"POST {ML}/models", "recipe_version_id", RECIPE_VERSION, _OWN | {"name": "Bobs"}),
    *(
        Named(f"POST {ML}/{path}", field, of, _OWN | {"run_type": "train"})
        for path in ("runs", "runs/estimate")
        for field, of in (("recipe_id", RECIPE), ("recipe_version_id", RECIPE_VERSION), ("model_id", ML_MODEL))
    ),
)
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
    *_ML_NAMED,
)
BESIDE: Final = (
    *(
        Named(f"{operation} {ML_MODEL}/monitoring{path}", field, of, {}, value)
        for operation, path in (("POST", ""), ("PUT", "/rules"))
        for field, of, value in (("data", DATASET, "dataset:{}"), ("data", FILE, "{}"), ("labels", FILE, "{}"))
    ),
    *(Named(f"POST {ML_MODEL}/predict", "data", of, {}, value) for of, value in ((DATASET, "dataset:{}"), (FILE, "{}"))),
    *(
        Named(f"POST {RECIPE}/synthetic-example", "generate.fit_to", of, {"generate": {"rows": 100}}, value)
        for of, value in ((DATASET, "dataset:{}"), (FILE, "file:{}"))
    ),
    *(
        Named(f"POST {ML}/recipes", "manifest.data.source", of, _RECIPE | {"manifest": {"data": {}}}, value)
        for of, value in ((DATASET, "dataset:{}"), (FILE, "file:{}"))
    ),
    *(
        Named(f"POST {RECIPE}/synthetic-example", "generate.fit_to", of, {"generate": {}}, value)
        for of, value in ((DATASET, "dataset:{}"), (FILE, "file:{}"))
    ),
)
"""Fields that name a thing, and whose names do not say so."""
NOT_ANOTHERS: Final[Mapping[tuple[str, str], str]] = {
    (f"POST {EXPERIMENT}/model", "trial_id"): "A trial is looked for in the experiment that the path names.",
    (f"POST {RECIPE}/versions", "recipe_id"): "It is the path's, once more.",
    (f"POST {RECIPE}/synthetic-example", "recipe_id"): "It is the path's, once more.",
    (f"POST {ML_MODEL}/monitoring", "model_id"): "It is the path's, once more.",
    (f"POST {BUILDER}/data/report", "output_path"): "It is where the report is written to, in the data root of who asks.",
}
"""Fields whose names say that they name a thing, and why it cannot be another account's."""
