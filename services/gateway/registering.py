"""The registry's part of the gateway's wiring: names and their versions, and how stages and statuses go together."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from libs.chassis.bus.handlers import Facts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.gateway import ModelArchived, ModelDeleted, ModelStaged
from libs.contracts.registry import RegistryChanged
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.models.ports import Results
from services.gateway.outbound.registry.registry_mongo import RegistryMongo
from services.gateway.usecases.experiments.remove_tunings import RemoveTunings
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.monitoring.watch_models import WatchModels
from services.gateway.usecases.nouns import RegistryUseCases
from services.gateway.usecases.registry.change_registered import ChangeRegistered
from services.gateway.usecases.registry.find_registered import FindRegistered
from services.gateway.usecases.registry.follow_stages import FollowStages
from services.gateway.usecases.registry.move_version import MoveVersion
from services.gateway.usecases.registry.promote_version import DecidePromotion, PromoteVersion, RollBack
from services.gateway.usecases.registry.register_version import RegisterVersion
from services.gateway.usecases.registry.remove_version import RemoveVersion


@dataclass(frozen=True, slots=True)
class RegistryParts:
    """What the registry adds to the app. `stage` is how faces give stages; `ungated` follows those that admins give."""

    names: RegistryMongo
    stage: StageVersion
    ungated: FollowStages
    use: RegistryUseCases

    async def prepare(self) -> None:
        """Make indexes."""
        await self.names.prepare()

    def bind(self, facts: Facts, *, remove_tunings: RemoveTunings, watch: WatchModels) -> None:
        """Listen to events of names and stages, so that what a dead gateway has left half done is done, and of models that serve no more.

        With a model that is deleted its tunings and snapshots go; one that comes to production is watched.
        """

        async def archived(event: ModelArchived) -> None:
            await self.ungated.hear(event.model_id)

        async def deleted(event: ModelDeleted) -> None:
            await self.ungated.hear(event.model_id)
            await remove_tunings.of_model(event.model_id, account_id=event.account_id)
            await watch.deleted(event)

        async def staged(event: ModelStaged) -> None:
            await self.ungated.catch_up(event)
            await watch.staged(event)

        async def settle(event: RegistryChanged) -> None:
            await self.ungated.settle(event)

        facts.on(RegistryChanged)(settle)
        facts.on(ModelStaged)(staged)
        facts.on(ModelArchived)(archived)
        facts.on(ModelDeleted)(deleted)


def make_registry(
    database: Database, stage: StageVersion, *, accounts: Accounts, results: Results, wake: Callable[[], None]
) -> RegistryParts:
    """Wire it; `stage` gives stages and asks the registry nothing. `wake` is called after each write that has events to be published."""
    names, models = RegistryMongo(database["registry"], on_write=wake), stage.models
    move = MoveVersion(names, models, accounts, stage, now)
    follow = FollowStages(names, models, move, now)
    return RegistryParts(
        names=names,
        stage=replace(stage, promotions=follow),
        ungated=replace(follow, asks_gate=False),
        use=RegistryUseCases(
            registry=names,
            register=RegisterVersion(names, models, results, stage.limits, follow, now),
            promote=PromoteVersion(names, move, now),
            remove=RemoveVersion(names, move, now),
            roll_back=RollBack(names, move),
            change=ChangeRegistered(names, now),
            find=FindRegistered(names, models, results),
            decide=DecidePromotion(names, move, now),
        ),
    )
