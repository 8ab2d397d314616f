"""Models as AI Engine lists them: each list is an index look-up."""

from functools import partial
from itertools import product

from libs.chassis.stores.mongo import Database
from libs.contracts.training import ModelType
from services.gateway.domain.models.model import Build, Listing
from services.gateway.inbound.faces.ai_engine.words import STATUSES, filter_of
from services.gateway.outbound.models.models_mongo import ModelsMongo
from tests.queries.profiled import N, earlier, multiply, numbered, one_of, profiled, walked
from tests.queries.test_gateway_studio import a_model


async def test_models_by_type_and_status_the_oldest_first(database: Database, many: int) -> None:
    models, documents = ModelsMongo(database["models"], on_write=int), database["models"]
    await models.prepare()
    await documents.insert_one(a_model())
    axes = {"build": one_of(Build), "listing": one_of(Listing, each=4), "stage": one_of(("none", "none", "archived"), each=16)}
    axes |= {"spec.model_type": one_of(ModelType, each=2), "spec.algorithm": one_of(("RANDOM_FOREST", "GRU"), each=3)}
    axes |= {"created_at": earlier("created_at"), "updated_at": earlier("created_at", by_s=9)}
    await multiply(documents, "model", by=many // 10, place=N, **axes)
    await multiply(documents, "model_1", by=many, place=N, account_id=numbered("a"), **axes)

    async with profiled(database) as took:
        for status, type_name in product((None, *STATUSES), (None, "random_forest", "gru")):
            assert await walked(partial(models.find, filter_of(type_name, status, account_id="account"))) > 0

    assert took.problems() == []
