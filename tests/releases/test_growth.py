"""Every collection has a bound, which the page of limits names (that what it says expires does is in test_last_release.py)."""

import re
from pathlib import Path

from services.gateway.outbound.accounts import exports_gateway
from services.inference import app as inference
from services.marketplace.outbound import exports_marketplace
from services.training import app as training
from tests.releases.recorded import SERVICES, documents_of, releases

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)\.(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
# Of every database.
OF_ALL = {"schema", "set_aside"}
EXPORTED = {
    (service, kept.collection)
    for service, all_kept in (
        ("gateway", exports_gateway.KEPT),
        ("training", training.KEPT),
        ("inference", inference.KEPT),
        ("marketplace", exports_marketplace.KEPT),
    )
    for kept in all_kept
}
NOT_EXPORTED = {
    ("gateway", "repeats"): "answers that were given, for a day",
    ("gateway", "deployments"): "which version answers for everybody: the id of a model, which is exported with its owner's models",
    ("gateway", "live_series"): "of nobody's account",
    ("gateway", "listings"): "a view of marketplace.listings",
    ("gateway", "subscriptions"): "a view of marketplace.subscriptions",
    ("gateway", "fleet"): "processes",
    ("gateway", "alerts"): "a view of monitoring.alerts",
    ("gateway", "dead_letters"): "events about what is exported where it is kept, for operators, for 30 days",
    ("gateway", "kind_jobs"): "empty",
    ("training", "mirrored_names"): "a view of gateway.registry",
    ("training", "cancellations"): "the id of a job that never came, for 14 days",
    ("inference", "live_candles"): "of nobody's account",
    ("inference", "llm_days"): "sums of inference.llm_calls",
    ("inference", "analyst_uptime"): "of nobody's account",
    ("inference", "analysis_rounds"): "of nobody's account",
    ("inference", "analysis_days"): "sums of inference.ai_analysis_results",
    ("inference", "recent_analyses"): "ids of inference.ai_analysis_results, for five minutes",
    ("inference", "deployments"): "a view of what the gateway has deployed",
    ("inference", "skipped_symbols"): "of nobody's account",
    ("marketplace", "ledger_watch"): "an id and how many things are wrong, until they are put right",
    ("marketplace", "record_days"): "public days of a listing, not of an account",
    ("marketplace", "sandbox_charges"): "development only",
    ("marketplace", "sandbox_refunds"): "development only",
    ("marketplace", "stripe_refunds"): "told by marketplace.money_movements, with the refund's id",
    ("training", "erased_accounts"): "an id that is nobody's any more",
    ("inference", "erased_accounts"): "an id that is nobody's any more",
    ("marketplace", "erased_accounts"): "an id that is nobody's any more",
    ("monitoring", "instances"): "processes",
    ("monitoring", "alerts"): "of the platform; of an operator an id alone",
    ("monitoring", "live_series"): "of nobody's account",
}


def bounds() -> dict[tuple[str, str], str]:
    """Return what the page says of each collection."""
    return {(service, name): bound for service, name, bound in ROW.findall((ROOT / "docs" / "limits.md").read_text())}


def collections() -> set[tuple[str, str]]:
    """Return the collections that the code names and that a whole story made."""
    named = {
        (service, each)
        for service in SERVICES
        for file in (ROOT / "services" / service).rglob("*.py")
        for found in re.findall(r"""database\["(\w+)"\]|"((?:sandbox|stripe)_(?:charges|refunds|customers))\"""", file.read_text())
        for each in found
        if each
    }
    return named | {(service, name) for service in SERVICES for name in documents_of(releases()[-1], service)}


def test_each_collection_has_a_bound_on_the_page_and_the_page_names_no_other() -> None:
    assert {each for each in collections() if each[1] not in OF_ALL} == set(bounds())


def test_each_collection_is_exported_for_whom_it_is_kept_of_or_there_is_a_reason_why_not() -> None:
    assert EXPORTED | NOT_EXPORTED.keys() == set(bounds())
    assert not EXPORTED & NOT_EXPORTED.keys()
