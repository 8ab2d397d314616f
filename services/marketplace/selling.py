"""Listings' part of the marketplace's wiring: what answers asks, what judges records, and what measures them by itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from libs.chassis.stores.mongo import Database
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.standing import Least
from services.marketplace.inbound.listings import ListingUseCases
from services.marketplace.outbound.listings_mongo import ListingsMongo, ModelVersionsMongo
from services.marketplace.outbound.personal_words_mongo import PersonalWordsMongo
from services.marketplace.outbound.records_mongo import RecordsMongo
from services.marketplace.settings import Settings
from services.marketplace.usecases.erase_account import EraseAccount
from services.marketplace.usecases.keep_listings import ChangeListing, Publish, Review, Withdraw
from services.marketplace.usecases.keep_records import Judge, JudgeAgain, JudgeAllOnce, MeasureAgain, NoteMeasured, ReportRecord


@dataclass(frozen=True, slots=True)
class SellingParts:
    """What listings add to the marketplace. `measure` and `judge_all` are schedules."""

    use: ListingUseCases
    judge_again: JudgeAgain
    judge_all: JudgeAllOnce
    measure: MeasureAgain
    stores: tuple[RecordsMongo, PersonalWordsMongo]

    @property
    def sweeps(self) -> Mapping[str, Callable[[], Awaitable[int]]]:
        """Its schedules, by what they have done."""
        return {
            "records were asked for": self.measure,
            "listings stand otherwise than before": self.judge_all,
            "erased accounts were wholly forgotten": self.use.erase.go_on,
        }


def make_selling(
    settings: Settings, *, database: Database, listings: ListingsMongo, versions: ModelVersionsMongo, clock: Clock
) -> SellingParts:
    """Wire it."""
    records, words, change = RecordsMongo(database), PersonalWordsMongo(database), ChangeListing(listings)
    judge = Judge(versions, Least(settings.ranking_bars, settings.ranking_trades))
    judge_again = JudgeAgain(change, judge, clock)
    return SellingParts(
        use=ListingUseCases(
            publish=Publish(listings, versions, clock, settings.auto_approve, settings.measure_every),
            review=Review(change, clock, settings.measure_every),
            withdraw=Withdraw(change, clock),
            note_measured=NoteMeasured(change, records, judge, clock),
            report_record=ReportRecord(listings, records),
            erase=EraseAccount(listings, change, words, clock),
        ),
        judge_again=judge_again,
        judge_all=JudgeAllOnce(judge_again),
        measure=MeasureAgain(listings, clock, settings.measure_every),
        stores=(records, words),
    )
