"""Which thing an argument means: its id, the beginning of its id, or its name, looked up in the account's own lists."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any, Final, get_type_hints

import typer

from modelbourse.asking import params_of, path_to
from modelbourse.cli.empty_lists import expect_list
from modelbourse.cli.errors import CommandError
from modelbourse.cli.nearest import did_you_mean
from modelbourse.cli.opening import LISTS, open_client
from modelbourse.errors import NotFoundError
from modelbourse.modelbourse import Modelbourse

# So many signs of an id after its prefix are the least that names one: `model_` alone is no name for the only model.
BEGINNING_LEAST: Final = 4
# What stands after the prefix of an id (TypeID 0.3).
SUFFIX: Final = "[0-7][0-9a-hjkmnp-tv-z]{25}"
SHOWN_MOST: Final = 10
PART: Final = 100
Named = Iterator[tuple[str, str]]
# What is looked through: the client, the word, and the command's other arguments.
Lookup = Callable[[Modelbourse, str, Mapping[str, Any]], Named]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: how its ids begin (None: they have no form of their own), and where (id, name) are looked up.

    `shown` is what the command lists that shows them: the account's own, or all; `listed` is that command, where it is not the noun's.
    `whole`: no beginning of an id stands for it.
    """

    noun: str
    prefix: str | None
    lookups: tuple[Lookup, ...]
    shown: str = "yours"
    whole: bool = False
    listed: str | None = None


def resolve_references(commands: typer.Typer, path: str = "") -> None:
    """Have all commands run with ids in place of what their arguments say, wherever an argument is annotated with a Kind.

    It is done when a command runs, after all its arguments were read: what is misspelt costs no request. `path` is what stands before
    their names, with a space.
    """
    for group in commands.registered_groups:
        if group.typer_instance is not None:
            resolve_references(group.typer_instance, f"{path}{group.name} ")
    for command in commands.registered_commands:
        if command.callback is not None:
            command.callback = _resolving(command.callback, f"{path}{command.name or command.callback.__name__}")


def _resolving(callback: Callable[..., Any], path: str) -> Callable[..., Any]:
    @wraps(callback)
    def run(**arguments: Any) -> Any:
        expect_list(path, callback, arguments)
        for name, hint in get_type_hints(callback, include_extras=True).items():
            kind, said = _kind_of(hint), arguments.get(name)
            if kind and isinstance(said, list):
                arguments[name] = [_id_of(kind, word, arguments) for word in said]
            elif kind and said is not None:
                arguments[name] = _id_of(kind, said, arguments)
        return callback(**arguments)

    return run


def _id_of(kind: Kind, word: str, arguments: Mapping[str, Any]) -> str:
    return word if kind.prefix and re.fullmatch(f"{kind.prefix}_{SUFFIX}", word) else find(kind, word, arguments)


def _kind_of(hint: Any) -> Kind | None:
    return next((each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Kind)), None)


def find(kind: Kind, word: str, arguments: Mapping[str, Any]) -> str:
    """Return the id of what a word means. Raise CommandError when it means nothing, or several things."""
    seen: dict[str, str] = {}
    with open_client() as client:
        for lookup in kind.lookups:
            seen |= dict(lookup(client, word, arguments))
            found = matching(seen, word, prefix=kind.prefix, whole=kind.whole)
            if len(found) == 1:
                return found[0]
            if found:
                rows = "\n".join(f"  {each}  {seen[each]}" for each in found[:SHOWN_MOST])
                more = f"\n  … {len(found) - SHOWN_MOST} more" if len(found) > SHOWN_MOST else ""
                msg = f"'{word}' can be {len(found)} {kind.noun}s:\n{rows}{more}\n→ say which one by more of its id"
                raise CommandError(msg)
    where = kind.listed or LISTS[kind.noun]
    nearest = did_you_mean(word, seen.values())
    whole = "whole " if kind.whole else ""
    msg = f"there is no {kind.noun} with the {whole}id or the name '{word}' (RESOURCE_NOT_FOUND).{nearest}\n→ `{where}` shows {kind.shown}"
    raise CommandError(msg)


def matching(named: Mapping[str, str], word: str, *, prefix: str | None, whole: bool = False) -> list[str]:
    """Return the ids that a word means: one that is it, else those so named, else those that begin so, with the prefix or without.

    `whole`: those that begin so are not meant.
    """
    if word in named:
        return [word]
    is_beginning = prefix is not None and word.startswith(f"{prefix}_") and not whole
    # What looks like an id's beginning is one: nobody's name for a thing comes before it.
    if not is_beginning and (by_name := [each for each, name in named.items() if name == word]):
        return by_name
    if whole:
        return []
    beginning = word if prefix is None or is_beginning else f"{prefix}_{word}"
    long_enough = len(beginning) >= (len(prefix) + 1 if prefix else 0) + BEGINNING_LEAST
    return [each for each in named if long_enough and each.startswith(beginning)]


def _models(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in client.models.list())


def _subscribed_models(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.model_id, row.title or "") for row in client.market.subscriptions() if row.model_id)


def all_rows(ask: Callable[..., Any], rows: str) -> Iterator[Any]:
    """Yield the rows of all parts of a list of AI Engine."""
    passed = 0
    while found := getattr(part := ask(limit=PART, offset=passed), rows):
        yield from found
        passed += len(found)
        if passed >= part.total:
            return


def _registered(client: Modelbourse, word: str, _: Mapping[str, Any]) -> Named:
    # `name@champion` and `name@3` name a version: what a name has is known by who is asked.
    name = word.partition("@")[0]
    return ((word, word) for row in all_rows(client.engine.registry.list, "models") if row.model_name == name)


def _environments(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in all_rows(client.engine.environments.list, "environments"))


def _agents(client: Modelbourse, _: str, arguments: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in all_rows(partial(client.engine.agents.list, arguments["environment_id"]), "agents"))


def _experiments(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in all_rows(client.engine.experiments.list, "experiments"))


def _jobs(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.job_name) for row in client.jobs.list())


def _datasets(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in client.datasets.list(source="uploaded"))


def _live_datasets(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in client.datasets.list(source="live"))


def _packaged_datasets(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in client.datasets.list(source="packaged"))


def _webhooks(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.url) for row in client.webhooks.list())


def _deliveries(client: Modelbourse, _: str, arguments: Mapping[str, Any]) -> Named:
    return ((row.id, "") for row in client.webhooks.deliveries(arguments["webhook_id"]))


def _keys(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in client.keys.list())


def _own_listings(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.title) for row in client.market.list(seller="me"))


def _listings(client: Modelbourse, word: str, _: Mapping[str, Any]) -> Named:
    # The market is large: a name is searched for there, and only the beginning of an id needs all of it.
    searched = None if word.startswith("listing_") else word
    return ((row.id, row.title) for row in client.market.list(search=searched))


def _waiting_listings(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    if client.me().role == "admin":
        yield from ((row.id, row.title) for row in client.market.list(status="PENDING_REVIEW"))


def _subscriptions(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.subscription_id, row.title or "") for row in client.market.subscriptions())


def _dead_letter_itself(client: Modelbourse, word: str, _: Mapping[str, Any]) -> Named:
    try:
        yield client.call("GET", path_to("/admin/dead/", word, then=""))["id"], ""
    except NotFoundError:
        return


def _dead_letters(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    params: dict[str, Any] | None = {}
    while params is not None:
        answer = client.call("GET", "/admin/dead", params=params)
        yield from ((letter["id"], "") for letter in answer["results"])
        params = params_of(answer["next"])


def _accounts_named(client: Modelbourse, word: str, _: Mapping[str, Any]) -> Named:
    found = client.call("GET", "/admin/accounts", params={"username": word, "page_size": 100})
    # Usernames are the same whatever their case.
    return ((row["id"], word if row["username"].casefold() == word.casefold() else row["username"]) for row in found["results"])


def _accounts_alike(client: Modelbourse, word: str, arguments: Mapping[str, Any]) -> Named:
    # The longest beginning that some have: of those that begin with one letter there may be more than a page.
    for length in (len(word) - 1, len(word) - 2, len(word) // 2, 1):
        if length > 0 and (found := list(_accounts_named(client, word[:length], arguments))):
            return iter(found)
    return iter(())


MODEL: Final = Kind("model", "model", (_models, _subscribed_models))
ENVIRONMENT: Final = Kind("environment", "env", (_environments,))
# An environment's agents: the argument before says which one, by its id when this is looked up.
AGENT: Final = Kind("agent", "agent", (_agents,))
EXPERIMENT: Final = Kind("experiment", "exp", (_experiments,))
ANSWERING: Final = Kind("model", "model", (_models, _subscribed_models, _registered), listed="modelbourse engine models list")
# The same models, listed by AI Engine's command.
ENGINE_MODEL: Final = replace(MODEL, listed="modelbourse engine models list")
JOB: Final = Kind("job", "job", (_jobs,))
DATASET: Final = Kind("dataset", "dataset", (_datasets, _live_datasets, _packaged_datasets))
WEBHOOK: Final = Kind("webhook", "webhook", (_webhooks,))
DELIVERY: Final = Kind("delivery", "delivery", (_deliveries,))
KEY: Final = Kind("key", "key", (_keys,))
LISTING: Final = Kind("listing", "listing", (_own_listings, _listings, _waiting_listings), shown="what is on sale")
SUBSCRIPTION: Final = Kind("subscription", "subscription", (_subscriptions,))
# Of all accounts only some are looked through, so a beginning that one of them has may be another's; and an account can be erased.
ACCOUNT: Final = Kind("account", "account", (_accounts_named, _accounts_alike), shown="all", whole=True)
LETTER: Final = Kind("dead letter", None, (_dead_letter_itself, _dead_letters), shown="all")
