"""Every list, claim, sweep and count of an adapter is among those that are looked at here."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOKS = {"find", "aggregate", "count_documents", "distinct", "find_one_and_update", "update_many", "delete_many"}
# By its `_id` alone; among what an account's tier bounds; once, when a process starts; all of them, by housekeeping.
LEFT_OUT = {
    ("JobsMongo", "apply"),
    ("RoundsMongo", "take"),
    ("FormerJobsMongo", "bring"),
    ("TrialsMongo", "bring_over"),
    ("QueueMongo", "mend"),
    ("ListingsMongo", "open_ids"),
    ("NamedArtifactsMongo", "all"),
    # Once, at the upgrade that begins to keep them.
    ("TrialsMongo", "bring_over"),
    # All of them: it empties its collection.
    ("KeptAnalysesMongo", "clear"),
    ("AnalysisDaysMongo", "forget"),
    # Of the accounts whose books do not add up: none.
    ("LedgerWatchMongo", "wrong"),
    ("LedgerWatchMongo", "found"),
}


def looks() -> Iterator[tuple[str, str]]:
    """Yield class and name of each public method of an adapter that looks for documents."""
    for file in sorted((ROOT / "services").glob("*/outbound/**/*_mongo.py")):
        for kind in (node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)):
            for method in (node for node in kind.body if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")):
                calls = {node.func.attr for node in ast.walk(method) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
                if calls & LOOKS:
                    yield kind.name, method.name


def test_no_look_is_left_out() -> None:
    files = [file.read_text() for file in Path(__file__).parent.glob("test_*.py")]
    # Accounts', keys', sessions' and letters' stores come from the gateway's wiring.
    wired = {"AccountsMongo", "ApiKeysMongo", "SessionsMongo", "DeadLettersMongo", "FleetMongo", "KnownSourcesMongo", "QueueMongo"}

    missing = {
        f"{kind}.{method}"
        for kind, method in looks()
        if (kind, method) not in LEFT_OUT and not any(f".{method}(" in text and (kind in text or kind in wired) for text in files)
    }

    assert missing == set()
