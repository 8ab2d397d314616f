"""The registry: names with their versions, stages, aliases and gates."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled, json_of, several

ENGINE: Final = "/v1/ai/registry"
REGISTRY: Final = "/app/registry"
CRUMBS: Final = ((REGISTRY, "Registry"),)
DESK: Final = "/app/admin/registry"
ADMIN: Final = "/admin/registry"
NAME: Final = f"{ENGINE}/{{model_name}}"
VERSION: Final = f"{NAME}/versions/{{version}}"
SIZE: Final = 20
STATUSES: Final = ("registered", "staging", "production", "archived")
OPS: Final = (">=", ">", "<=", "<")
# Rows of the gate's form that are free, and the most that the API takes.
FREE, RULES_MOST = 2, 20
# Metrics that a table of versions has room for: those of the gate first.
COLUMNS: Final = 5


def _registration(form: Form) -> dict[str, Any]:
    """Return the body of a registration."""
    reported = {"metrics": json_of(form["metrics"])} if form.get("metrics", "").strip() else {}
    return {**filled(form, "model_id", "model_version", "description"), "tags": several(form, "tags"), **reported}


def _move(form: Form) -> dict[str, Any]:
    return filled(form, "status", "comment")


def _described(form: Form) -> dict[str, Any]:
    return {"description": form.get("description", ""), "tags": several(form, "tags")}


def _alias(form: Form) -> dict[str, Any]:
    version = form.get("version", "")
    return {"version": int(version) if version.isdecimal() else version}


def _gate(form: Form) -> dict[str, Any]:
    """Return a gate of the form's rows; a row without a metric is none."""
    rows = [at for at in range(RULES_MOST + FREE) if form.get(f"metric.{at}", "").strip()]
    return {"rules": [_rule(form, at) for at in rows], "approval": form.get("approval", "none")}


def _rule(form: Form, at: int) -> dict[str, Any]:
    """Return a rule: with a number, or with the version in production and by how much it has to be better."""
    told = {name: form.get(f"{name}.{at}", "").strip() for name in ("metric", "op", "value", "against")}
    number = json_of(told["value"]) if told["value"] else None
    rule = {"metric": told["metric"], "op": told["op"]}
    if told["against"] != "production":
        return rule | {"value": number}
    return rule | {"against": "production"} | ({} if number is None else {"margin": number})


def _to_version(answer: Any, _: Mapping[str, str]) -> str:
    return f"{REGISTRY}/{answer['model_name']}/versions/{answer['version']}"


def in_words(rule: Mapping[str, Any]) -> str:
    """Return a rule of a gate as a sentence."""
    than = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}[rule["op"]]
    if rule["against"] is None:
        return f"{rule['metric']} is {than} {rule['value']:,.10g}"
    # A margin is by how much it has to be better: it is taken off where less is better.
    sign = "+" if rule["op"] in {">=", ">"} else "-"
    return f"{rule['metric']} is {than} production's" + (f" {sign} {rule['margin']:,.10g}" if rule["margin"] else "")


def _columns(model: Mapping[str, Any], versions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the metrics that tell versions apart: those of the gate, then those that most versions have."""
    known = [name for each in versions for name, value in each["metrics"].items() if value is not None]
    ranked = sorted(dict.fromkeys(known), key=lambda name: -known.count(name))
    return list(dict.fromkeys([*(rule["metric"] for rule in model["gate"]["rules"]), *ranked]))[:COLUMNS]


def _shape_name(facts: Facts) -> Mapping[str, Any]:
    """Return the gate in words and as rows of a form, and what of its versions is shown."""
    model, versions = facts["model"], facts["versions"]["versions"]
    rules = model["gate"]["rules"]
    return {
        "statuses": STATUSES,
        "ops": OPS,
        "size": SIZE,
        "rules": [in_words(each) for each in rules],
        "rows": [*rules, *(None for _ in range(min(FREE, RULES_MOST - len(rules))))],
        "columns": _columns(model, versions),
        "trained": _to_register(facts),
    }


def _owner(facts: Facts) -> Mapping[str, Read]:
    """Return where the version's model is, which may be gone."""
    version = facts["version"]
    path = {
        "market": f"/api/ai-studio/models/{version['model_id']}/",
        "recipe": f"/api/ml-development/models/{version['model_id']}",
        "text": f"/api/v1/training/{version['lineage']['job_id']}",
    }[version["kind"]]
    return {"owner": Read(path, needed=False)}


def _asked(facts: Facts) -> Mapping[str, Read]:
    """Return where the model is that the address asks to register, which need not be among the newest."""
    model_id = facts["asked"].get("model_id")
    known = {each["id"] for each in (facts["trained"] or {}).get("results", ())}
    if not model_id or model_id in known:
        return {}
    return {"wanted": Read(f"/api/ai-studio/models/{quote(model_id, safe='')}/", needed=False)}


def _to_register(facts: Facts) -> list[Any]:
    """Return the models that can be registered: those that have a version."""
    models = [facts.get("wanted"), *(facts["trained"] or {}).get("results", ())]
    return [each for each in models if each and each["version"]]


def _compared(facts: Facts) -> Mapping[str, Read]:
    asked = facts["asked"]
    return {"comparison": Read(f"{NAME}/compare", query=("a", "b"), needed=False)} if asked.get("a") and asked.get("b") else {}


def _shape_compared(facts: Facts) -> Mapping[str, Any]:
    return {"comparison": facts.get("comparison"), "numbers": [str(each["version"]) for each in facts["versions"]["versions"]]}


REGISTER: Final = Action("POST", f"{NAME}/versions", _registration, _to_version, "It is registered.")
MOVE: Final = Action("PATCH", VERSION, _move, done="It was asked for: its status says what became of it.")
TRAINED: Final = Read("/api/ai-studio/models/", fixed={"page_size": 100}, needed=False)
PAGES: Final[Sequence[Page]] = (
    Page(
        path=REGISTRY,
        template="registry.html",
        title="Registry",
        reads={"names": Read(ENGINE, query=("search",), size=SIZE), "trained": TRAINED},
        more=_asked,
        shape=lambda facts: {"size": SIZE, "desk": DESK, "in_words": in_words, "trained": _to_register(facts)},
        actions={"register": REGISTER},
    ),
    Page(
        path=DESK,
        template="registry_desk.html",
        title="Pending promotions",
        crumbs=(("/app/admin", "Platform"),),
        reads={"waiting": Read(ADMIN, size=SIZE)},
        shape=lambda _: {"size": SIZE},
        actions={
            "approve": Action(
                "POST",
                f"{ADMIN}/{{account_id}}/{{model_name}}/versions/{{version}}/approve",
                lambda form: filled(form, "note"),
                done="It is in production.",
            ),
            "decline": Action(
                "POST",
                f"{ADMIN}/{{account_id}}/{{model_name}}/versions/{{version}}/decline",
                lambda form: filled(form, "note"),
                done="It is turned down; its owner reads why.",
            ),
            "release": Action(
                "POST", f"{ADMIN}/{{account_id}}/{{model_name}}/gate/release", done="Its owner promotes without an admin from now on."
            ),
        },
    ),
    Page(
        path=f"{REGISTRY}/{{model_name}}",
        template="registered.html",
        title=lambda facts: str(facts["model"]["model_name"]),
        crumbs=CRUMBS,
        reads={"model": Read(NAME), "versions": Read(f"{NAME}/versions", query=("status",), size=SIZE), "trained": TRAINED},
        more=_asked,
        shape=_shape_name,
        actions={
            "register": REGISTER,
            "move": MOVE,
            "rollback": Action("POST", f"{NAME}/rollback", done="What was there before is in production again."),
            "gate": Action("PUT", f"{NAME}/gate", _gate, done="The gate is changed; what is in production stays there."),
            "alias": Action("PUT", f"{NAME}/aliases/{{alias}}", _alias, done="The alias points to it."),
            "no_alias": Action("DELETE", f"{NAME}/aliases/{{alias}}", done="The alias is removed."),
        },
    ),
    Page(
        path=f"{REGISTRY}/{{model_name}}/compare",
        template="registry_compare.html",
        title="Versions side by side",
        crumbs=CRUMBS,
        reads={"versions": Read(f"{NAME}/versions", fixed={"limit": 100})},
        more=_compared,
        shape=_shape_compared,
    ),
    Page(
        path=f"{REGISTRY}/{{model_name}}/versions/{{version}}",
        template="registered_version.html",
        title=lambda facts: f"{facts['version']['model_name']}, version {facts['version']['version']}",
        crumbs=CRUMBS,
        reads={
            "version": Read(VERSION),
            "name": Read(NAME),
            "history": Read(f"{VERSION}/history", fixed={"limit": 50}),
        },
        more=_owner,
        shape=lambda _: {"statuses": STATUSES},
        actions={"move": MOVE, "describe": Action("PATCH", VERSION, _described, done="It is described so.")},
    ),
)
FILES: Final[Mapping[str, str]] = {
    f"{REGISTRY}/{{model_name}}/versions/{{version}}/card.html": f"{VERSION}/card?format=html",
    f"{REGISTRY}/{{model_name}}/versions/{{version}}/card.md": f"{VERSION}/card?format=markdown",
}
