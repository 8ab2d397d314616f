"""The registry's rules: what may be said of a name, what a gate wants, and how stages and statuses go together."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.chassis.errors import InvalidError
from libs.contracts.gateway import Stage
from services.gateway.domain.registry.errors import AliasNotFoundError, NotInProductionError, NotInStatusError, RegistryFullError
from services.gateway.domain.registry.gate import Gate, Rule
from services.gateway.domain.registry.metrics import HIGHER, LOWER, NEUTRAL, better, check_rule, measured
from services.gateway.domain.registry.name import ALIASES_MOST, RegisteredName
from services.gateway.domain.registry.reference import read_reference
from services.gateway.domain.registry.version import Lineage, RegisteredVersion, Status

AT = datetime(2026, 1, 5, tzinfo=UTC)
LINEAGE = Lineage("job", "sha", AT, None, None, None, {}, {}, None)


def a_name(*models: str, **statuses: Status) -> RegisteredName:
    name = RegisteredName("registry", "account", "desk", AT, AT)
    for number, model_id in enumerate(models, 1):
        name = name.registered(RegisteredVersion(number, model_id, f"1.{number}", AT, AT, LINEAGE, {"mae": float(number), "r2": None}))
        name = name.moved(number, statuses.get(f"v{number}", Status.REGISTERED), at=AT)
    return name


@pytest.mark.parametrize(
    ("rule", "own", "production", "passed", "needed"),
    [
        (Rule("mae", "<=", 1.0), 1.0, None, True, 1.0),
        (Rule("mae", "<", 1.0), 1.0, None, False, 1.0),
        (Rule("mae", "<", margin=0.5), 1.4, 2.0, True, 1.5),
        (Rule("mae", "<", margin=0.5), 1.5, 2.0, False, 1.5),
        (Rule("accuracy", ">=", margin=0.25), 0.75, 0.5, True, 0.75),
        (Rule("accuracy", ">", margin=0.25), 0.75, 0.5, False, 0.75),
        (Rule("accuracy", ">", 0.5), None, None, False, 0.5),
    ],
)
def test_a_margin_is_by_how_much_better(rule: Rule, own: float | None, production: float | None, passed: bool, needed: float) -> None:
    found = rule.judged({rule.metric: own}, None if production is None else {rule.metric: production})

    assert (found.passed, found.needed) == (passed, needed)


def test_against_production_nothing_is_to_be_reached_where_there_is_none() -> None:
    rule = Rule("accuracy", ">", margin=0.1)

    assert rule.judged({"accuracy": 0.1}, None).passed
    assert rule.judged({"accuracy": 0.1}, {"accuracy": None}).passed


def test_a_name_has_one_version_in_production_and_goes_back_the_way_it_came() -> None:
    name = a_name("a", "b", "c", v1=Status.PRODUCTION, v2=Status.PRODUCTION, v3=Status.PRODUCTION)

    assert [each.status for each in name.versions] == [Status.ARCHIVED, Status.ARCHIVED, Status.PRODUCTION]
    assert [each.number for each in name.before()] == [2, 1]
    back = name.rolled_back(2, at=AT)
    assert ([each.number for each in back.before()], back.found(None).number) == ([1], 2)
    none = back.moved(2, Status.ARCHIVED, at=AT)
    assert [each.number for each in none.before()] == [2, 1]
    with pytest.raises(NotInProductionError):
        none.found(None)


def test_a_reference_is_a_number_or_an_alias() -> None:
    name = a_name("a", "b").aliased("champion", 2, at=AT)

    assert [name.found(each).number for each in ("1", "champion")] == [1, 2]
    with pytest.raises(AliasNotFoundError, match="Did you mean 'champion'"):
        name.found("champoin")
    full = replace(name, aliases={f"a{number}": 1 for number in range(ALIASES_MOST)})
    with pytest.raises(RegistryFullError):
        full.aliased("one-more", 1, at=AT)


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("desk", 2), ("desk@1", 1), ("desk@old", 1), ("models:/desk/1", 1), ("models:/desk/Production", 2), ("models:/desk/production", 2),
        ("models:/desk@old", 1), ("models:/desk/latest", 3), ("models:/desk/Archived", 1), ("models:/desk/None", 3),
    ],
)  # fmt: skip
def test_mlflows_addresses_name_versions_as_the_platforms_words_do(reference: str, number: int) -> None:
    name = a_name("a", "b", "c", v1=Status.ARCHIVED, v2=Status.PRODUCTION).aliased("old", 1, at=AT)

    assert name.referred(read_reference(reference)).number == number


@pytest.mark.parametrize("reference", ["models:/", "models:/desk", "models:/desk/", "models:/desk/Prodction", "models:/desk/1/2"])
def test_an_address_that_names_nothing_is_refused_with_what_does(reference: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_reference(reference, field="model_path")

    assert "'models:/name/Production'" in refused.value.details["model_path"][0]
    with pytest.raises(NotInStatusError, match="staging"):
        a_name("a").referred(read_reference("models:/desk/Staging"))


def test_a_model_keeps_what_is_registered_and_what_may_serve_again() -> None:
    name = a_name("m", "m", "m", "m", v1=Status.PRODUCTION, v2=Status.PRODUCTION, v3=Status.PRODUCTION, v4=Status.ARCHIVED)

    assert name.needed_of("m") == {"1.2", "1.3"}
    assert name.aliased("old", 1, at=AT).needed_of("m") == {"1.1", "1.2", "1.3"}
    assert name.needed_of("other") == set()


@pytest.mark.parametrize(
    ("status", "stage", "then"),
    [
        (Status.PRODUCTION, Stage.NONE, Status.ARCHIVED),
        (Status.PRODUCTION, Stage.STAGING, Status.STAGING),
        (Status.PRODUCTION, None, Status.ARCHIVED),
        (Status.STAGING, Stage.NONE, Status.REGISTERED),
        (Status.ARCHIVED, Stage.NONE, Status.ARCHIVED),
        (Status.ARCHIVED, Stage.STAGING, Status.STAGING),
        (Status.REGISTERED, Stage.ARCHIVED, Status.ARCHIVED),
        (Status.REGISTERED, None, Status.REGISTERED),
    ],
)
def test_a_stage_that_another_face_gives_is_a_status(status: Status, stage: Stage | None, then: Status) -> None:
    name = a_name("a", "b", v1=status)

    aligned = name.aligned("a", {"1.1": stage}.get, at=AT)

    assert [each.status for each in aligned.versions] == [then, Status.REGISTERED]


def test_what_is_better_is_said_where_anybody_can_say_it() -> None:
    assert [better("mae", 1, 2), better("accuracy", 1, 2), better("mae", 1, 1), better("mae", None, 1), better("strange", 1, 2)] == [
        "a",
        "b",
        None,
        None,
        None,
    ]
    assert measured({"rmse": 0.5}) == {"rmse": 0.5, "mse": 0.25}
    assert measured({"rmse": None, "accuracy": 0.5}) == {"rmse": None, "accuracy": 0.5, "mse": None}


def test_what_a_gate_finds_is_measured_against_another_version() -> None:
    name = a_name("a", "b", v1=Status.PRODUCTION).gated(Gate((Rule("mae", "<"),)), at=AT)

    assert [(each.needed, each.passed) for each in name.findings(2)] == [(1.0, False)]
    # What is in production is not measured against itself.
    assert [(each.needed, each.passed) for each in name.findings(1)] == [(None, True)]


def test_a_gate_takes_what_recipes_measure_and_no_metric_is_better_both_ways() -> None:
    check_rule(Rule("policy_gain", ">=", 0.0), "rules.0")
    check_rule(Rule("blocked_cv_rmse", "<="), "rules.0")

    check_rule(Rule("treated_share", "<=", 0.5), "rules.0")

    with pytest.raises(InvalidError) as unsaid:
        check_rule(Rule("treated_share", "<="), "rules.0")

    assert unsaid.value.details == {"rules.0.value": ["Nobody can say which way treated_share is better: give a value."]}
    assert (better("skill", 0.2, 0.1), better("pinball", 0.2, 0.1), better("bias", 0.2, 0.1)) == ("a", "b", None)
    assert len({*HIGHER, *LOWER, *NEUTRAL}) == len((*HIGHER, *LOWER, *NEUTRAL))
