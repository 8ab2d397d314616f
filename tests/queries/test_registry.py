"""The registry: each look-up and list of names is one of an index."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from services.gateway.domain.registry.errors import RegisteredElsewhereError, RegistryChangedError
from services.gateway.domain.registry.gate import Finding, Gate, Rule
from services.gateway.domain.registry.history import REFUSALS_MOST, Refusal
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import VersionFilter
from services.gateway.domain.registry.reference import Reference
from services.gateway.domain.registry.version import Lineage, RegisteredVersion, Status
from services.gateway.outbound.registry.registry_mongo import RegistryMongo
from services.gateway.usecases.registry.change_name import told
from tests.queries.profiled import multiply, numbered, profiled

AT = datetime(2026, 1, 5, tzinfo=UTC)
LINEAGE = Lineage("job", "sha", AT, "c", None, None, {"numpy": "2.3"}, {"ACME": ("dataset", 1)}, None)


def a_version(model_id: str) -> RegisteredVersion:
    return RegisteredVersion(1, model_id, "1.0", AT, AT, LINEAGE, {"accuracy": 0.5, "roc_auc": None}, {"my.own": 0.9}, "Text", ("a", "b"))


async def test_names(database: Database, many: int) -> None:
    registry = RegistryMongo(database["registry"], on_write=int)
    await registry.prepare()
    failing = (
        Finding(Rule("accuracy", ">=", 0.6), 0.6, 0.5, passed=False),
        Finding(Rule("mae", "<"), None, None, passed=False, reason="?"),
    )
    gate = Gate((Rule("accuracy", ">=", margin=0.1),), "admin")
    name = RegisteredName("registry", "account", "desk", AT, AT, sequence=1).registered(a_version("model")).aliased("blue", 1, at=AT)
    name = name.gated(gate, at=AT).asked(1, at=AT)
    await registry.add(name, told(name, before=None), most=2)
    others = {"name": numbered("n"), "versions": [], "account_id": numbered("a"), "pending_since": None}
    await database["registry"].drop_index("versions.model_id_1")
    await multiply(database["registry"], "registry", by=many, **others)
    await database["registry"].update_many({"_id": {"$ne": "registry"}}, [{"$set": {"versions": [{"model_id": {"$toString": "$_id"}}]}}])
    await registry.prepare()

    async with profiled(database) as took:
        kept = await registry.get("desk", account_id="account")
        assert await registry.of_model("model") == kept == replace(name, version=1)
        assert await registry.referred(Reference("desk", "blue"), account_id="account") == kept.versions[0]
        (shown,) = (await registry.find("account", Part(20))).items
        assert (shown.name, shown.aliases, shown.gate, shown.newest) == (kept.name, kept.aliases, kept.gate, kept.newest)
        named = [(await registry.find("account", Part(20), search=part)).count for part in ("ES", "desks", "d.sk")]
        assert named == [1, 0, 0]
        listed = await registry.versions(VersionFilter("account", "desk", Status.REGISTERED, "market"), Part(20))
        assert ([(each.name.name, each.version) for each in listed.items], listed.count) == ([("desk", kept.versions[0])], 1)
        assert (await registry.versions(VersionFilter("account"), Part(20, offset=1))).items == []
        assert (await registry.pending(Part(20))).items == [kept]
        refusals = [Refusal(1, AT, Status.REGISTERED, Status.PRODUCTION, "No.", failing, "ada") for _ in range(REFUSALS_MOST + 1)]
        for each in refusals:
            await registry.refused(kept, each)
        await registry.refused(kept, replace(refusals[0], number=2))
        assert await registry.get("desk", account_id="account") == replace(kept, refusals=tuple(refusals[1:]))
        promoted = kept.moved(1, Status.PRODUCTION, at=AT)
        await registry.save(promoted, told(promoted, before=kept))
        with pytest.raises(RegistryChangedError):
            await registry.save(promoted, told(promoted, before=kept))
        second = RegisteredName("registry_of_another", "account", "other", AT, AT, sequence=1).registered(a_version("model"))
        with pytest.raises(RegisteredElsewhereError):
            await registry.add(second, told(second, before=None), most=2)
        await registry.forget("account")

    assert took.problems() == []
    assert await registry.of_model("model") is None
