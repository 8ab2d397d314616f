"""`modelbourse engine registry …`: list, show, history, register, promote, rollback, gate, compare, card, alias."""

import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.engine.registry import Comparison, ModelVersion
from modelbourse.cli.errors import CommandError
from modelbourse.cli.given import EngineModelId
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say

cli = typer.Typer(help="Versions of models by name.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model's name in the registry.")]
Version = Annotated[int, typer.Argument(metavar="VERSION", help="Its number, from 1.")]
RULE: Final = re.compile(r"(\w+)(>=|<=|>|<)(?:(production)([+-][\d.eE-]+)?|([-+]?[\d.eE+-]+))", re.ASCII)
RULE_HELP: Final = "`sharpe_ratio>=0.5`, or against production: `sharpe_ratio>production+0.1`; repeatable."
NAMES: Final = ("name", "versions", "production", "model", "aliases", "approval", "changed")
VERSIONS: Final = ("version", "status", "model", "of it", "accuracy", "sharpe", "aliases", "approval", "registered")
CHANGES: Final = ("at", "by", "from", "to", "comment")
REFUSED: Final = ("at", "by", "from", "to", "why", "comment")
MARKS: Final = {"production": "green", "staging": "cyan", "archived": "dim", "yes": "green", "no": "red"}


@cli.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="List the versions of this name.")] = None,
    *,
    status: Annotated[str | None, typer.Option(help="With a name: only registered, staging, production or archived ones.")] = None,
    search: Annotated[str | None, typer.Option(help="Without a name: only names with this in them.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your names, or the versions of one."""
    registry = open_client().engine.registry
    if name is not None:
        if search is not None:
            message = "--search is for the list of names: leave it out, or the name"
            raise CommandError(message)
        versions = registry.versions(name, status=status)
        rows = [_row(each) for each in versions.versions]
        return print_json(versions) if json_ else print_table(VERSIONS, rows, title=name, drop=VERSIONS[:5:-1], marks=MARKS)
    found = registry.list(search=search, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    names = [
        (row.model_name, row.versions, row.production, row.model_id, _aliases(row.aliases) or None, row.gate.approval, row.updated_at)
        for row in found.models
    ]
    title = counted(found.total, "name", page=page, page_size=page_size)
    return print_table(NAMES, names, title=title, drop=NAMES[:3:-1])


@cli.command()
def show(name: Name, version: Version, *, json_: JsonOption = False) -> None:
    """Show a version: its metrics, how it stands to the gate, and where it comes from."""
    found = open_client().engine.registry.get(name, version)
    return print_json(found) if json_ else print_facts(_facts(found))


@cli.command()
def history(name: Name, version: Version, *, page: PageOption = 1, page_size: SizeOption = 20, json_: JsonOption = False) -> None:
    """Show what has become of a version, the newest first, and the promotions that its gate refused."""
    found = open_client().engine.registry.history(name, version, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [(each.at, each.by, each.before, each.after, each.comment or None) for each in found.changes]
    print_table(CHANGES, rows, title=counted(found.total, "change", page=page, page_size=page_size), drop=("by",))
    if found.refused:
        refused = [(each.at, each.by, each.before, each.wanted, each.message, each.comment or None) for each in found.refused]
        print_table(REFUSED, refused, title=f"refused promotions of {name}, version {version}", drop=("by", "comment"))
    return None


@cli.command()
def register(
    name: Name,
    model_id: EngineModelId,
    *,
    model_version: Annotated[str | None, typer.Option(help="Which version of the model; the newest, where none is named.")] = None,
    description: Annotated[str | None, typer.Option(help="What you say of it.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A word for it, repeatable.")] = None,
    json_: JsonOption = False,
) -> None:
    """Register a version of a model; the first one makes the name."""
    made = open_client().engine.registry.register(name, model_id, model_version=model_version, description=description, tags=tag or None)
    again = f"modelbourse engine registry promote {name} {made.version}"
    return print_json(made) if json_ else say(f"version {made.version} of {name} is {made.status}; promote it: {again}")


@cli.command()
def promote(
    name: Name,
    version: Version,
    *,
    to: Annotated[str, typer.Option(help="staging, production, archived or registered.")] = "production",
    json_: JsonOption = False,
) -> None:
    """Give a version a status: what is in production serves, in every face."""
    moved = open_client().engine.registry.promote(name, version, to)
    if json_:
        return print_json(moved)
    if moved.status != to:
        return say(f"version {version} of {name} is {moved.status} and waits for an admin ({moved.approval})")
    return say(f"version {version} of {name} is {moved.status}")


@cli.command()
def rollback(name: Name, *, json_: JsonOption = False) -> None:
    """Put what was in production before there again."""
    back = open_client().engine.registry.roll_back(name)
    return print_json(back) if json_ else say(f"version {back.version} of {name} is in production: {back.model_id}")


@cli.command()
def gate(
    name: Name,
    *,
    rule: Annotated[list[str] | None, typer.Option(help=RULE_HELP)] = None,
    approval: Annotated[str | None, typer.Option(help="`admin`: an admin has to agree to each promotion; `none`.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all rules away.")] = False,
    json_: JsonOption = False,
) -> None:
    """Show a name's gate, or set it: rules replace those that are there."""
    registry = open_client().engine.registry
    known = registry.name(name).gate
    if rule or approval or clear:
        kept = [] if clear else [each.as_json() for each in known.rules]
        rules = [read_rule(each) for each in rule] if rule else [_sent(each) for each in kept]
        known = registry.set_gate(name, rules, approval=approval or known.approval)
    if json_:
        return print_json(known)
    said = [f"{each.metric} {each.op} {_needed(each.value, each.margin)}" for each in known.rules]
    return print_facts([("rules", said or "none"), ("approval", known.approval)])


@cli.command()
def compare(name: Name, a: Version, b: Version, *, json_: JsonOption = False) -> None:
    """Compare two versions: what they measure, and where their configurations differ."""
    found = open_client().engine.registry.compare(name, a, b)
    return print_json(found) if json_ else _print_comparison(found)


@cli.command()
def card(
    name: Name,
    version: Version,
    *,
    html: Annotated[bool, typer.Option("--html", help="As a page; else as Markdown.")] = False,
    to: Annotated[Path | None, typer.Option("--to", help="Write it to this file.", dir_okay=False)] = None,
) -> None:
    """Show a version's model card, or save it."""
    text = open_client().engine.registry.card(name, version, format="html" if html else "markdown")
    if to is None:
        return say(text.rstrip())
    to.write_text(text, encoding="utf-8")
    return say(f"saved {to}")


@cli.command()
def alias(
    name: Name,
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="Such as `champion`.")],
    version: Annotated[int | None, typer.Argument(metavar="[VERSION]", help="What it points to.")] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away.")] = False,
    json_: JsonOption = False,
) -> None:
    """Point an alias to a version, or take it away."""
    if remove is (version is not None):
        message = "name a version that the alias points to, or say --remove"
        raise CommandError(message)
    registry = open_client().engine.registry
    now = registry.remove_alias(name, alias) if version is None else registry.set_alias(name, alias, version)
    return print_json(now) if json_ else say(f"aliases of {name}: {_aliases(now.aliases) or 'none'}")


def read_rule(text: str) -> dict[str, Any]:
    """Return a rule as the API takes it. Raise CommandError."""
    if (found := RULE.fullmatch(text.replace(" ", ""))) is None:
        message = f"'{text}' is no rule: write {RULE_HELP}"
        raise CommandError(message)
    metric, op, production, margin, value = found.groups()
    try:
        if production:
            return {"metric": metric, "op": op, "against": production, "margin": abs(float(margin or 0))}
        return {"metric": metric, "op": op, "value": float(value)}
    except ValueError:
        message = f"'{text}' is no rule: '{margin or value}' is no number"
        raise CommandError(message) from None


def _sent(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if value is not None}


def _needed(value: float | None, margin: float | None) -> str:
    return f"{value:g}" if value is not None else f"production, by {margin or 0:g}"


def _aliases(aliases: dict[str, int]) -> str:
    return ", ".join(f"{alias}={version}" for alias, version in aliases.items())


def _row(each: ModelVersion) -> tuple[Any, ...]:
    measured = (each.metrics.get("accuracy"), each.metrics.get("sharpe_ratio"))
    approval = None if each.approval == "none" else each.approval
    return (
        each.version,
        each.status,
        each.model_id,
        each.model_version,
        *measured,
        ", ".join(each.aliases) or None,
        approval,
        each.created_at,
    )


def _facts(each: ModelVersion) -> list[tuple[str, Any]]:
    lineage = each.lineage
    return [
        ("name", f"{each.model_name}, version {each.version}"),
        ("status", each.status),
        ("approval", f"{each.approval} {each.approval_note}".strip()),
        ("model", f"{each.model_id}, version {each.model_version}"),
        ("description", each.description or None),
        ("tags", each.tags or None),
        ("aliases", each.aliases or None),
        *((name, value) for name, value in each.metrics.items() if value is not None),
        ("figures are", each.metrics_source),
        *((f"{name}, reported", value) for name, value in each.reported.items()),
        *(("gate", f"{'passes' if rule.passed else 'FAILS'}: {rule.sentence}") for rule in each.gate),
        ("training", f"{lineage.job_id}, {lineage.trained_at:%Y-%m-%d %H:%M}"),
        ("datasets", [f"{data.symbol}: {data.dataset_id} version {data.version}" for data in lineage.datasets] or None),
        ("config hash", lineage.config_hash),
        ("data hash", lineage.data_hash),
        ("release", lineage.release),
        ("commit", lineage.revision),
        ("parent", lineage.parent),
        ("registered", each.created_at),
    ]


def _print_comparison(found: Comparison) -> None:
    names = {"a": str(found.a.version), "b": str(found.b.version)}
    rows = [(each.metric, each.a, each.b, each.difference, names.get(each.better or "")) for each in found.metrics]
    print_table(("metric", *names.values(), "difference", "better"), rows, title=found.model_name)
    if found.differences:
        print_table(("configuration", *names.values()), [(each.field, str(each.a), str(each.b)) for each in found.differences])
