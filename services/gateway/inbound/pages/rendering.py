"""Templates as HTML: one environment, what every template may call, and the headers that every page carries."""

import math
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.gateway.inbound.pages.assets import address_of

# Nothing is loaded from elsewhere, nothing inline runs or styles, and nobody frames a page.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {"content-security-policy": POLICY, "cross-origin-opener-policy": "same-origin", "vary": "cookie"}
# Whoever reads a price needs no more digits of it, and no fewer where it is near 1, as currencies are.
PRICE_DIGITS: Final = 6
NONE: Final = Markup('<span class="none" title="{}">&ndash;</span>')
UNKNOWN_CURRENCY: Final = Markup('<span title="Its currency cannot be told right now.">{}</span>')
WORD: Final = re.compile(r"[_\s]+")
# Words that are written in capitals.
CAPITALS: Final = (
    "api auc auuc roc ece cagr wape mape smape mase rmse mae rmsle psi ks etf fx rsi macd lstm gru tft cpu gpu id r2 f1 ets llm "
    "adx atr ema mcc mse pii sma"
)
SHORT: Final = frozenset(CAPITALS.split())
# How a status is coloured; what is not here is neutral.
GOOD: Final = "completed succeeded success approved production active published resolved ok healthy ready paid"
BUSY: Final = "running training started queued pending staging measured"
BAD: Final = "failed failure critical rejected refused declined suspended down unhealthy"
WARN: Final = "draft warning degraded reported pending_review pending_approval revoked acknowledged refunded refunding"
TONES: Final[Mapping[str, str]] = {
    status: tone for tone, statuses in {"good": GOOD, "busy": BUSY, "bad": BAD, "warn": WARN}.items() for status in statuses.split()
}


def when(value: str | None, why: str | None = None) -> Markup:
    """Return a moment (ISO 8601) that the reader's browser puts into their zone; without scripts it stands in UTC."""
    if not value:
        return nothing(why)
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        return escape(value)
    return Markup('<time datetime="{}" title="{} UTC">{} UTC</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%Y-%m-%d %H:%M:%S"), moment.strftime("%Y-%m-%d %H:%M")
    )


def number(value: float | str | None, digits: int = 4, why: str | None = None) -> Markup:
    """Return a number with so many digits after the point, so that a column is aligned; None is a dash that says why."""
    if value is None or value == "":
        return nothing(why)
    if isinstance(value, bool | str):
        return escape(value)
    if isinstance(value, int):
        return escape(f"{value:,}")
    return escape(f"{value:,.{digits}f}")


def price(value: float | None, why: str | None = None) -> Markup:
    """Return a price with six significant digits, whatever it is of: prices of one size are aligned. None is a dash that says why."""
    if value is None:
        return nothing(why)
    before = math.floor(math.log10(abs(value))) + 1 if value else 1
    return escape(f"{value:,.{max(PRICE_DIGITS - before, 0)}f}")


def money(amount: str | None, currency: str | None, why: str | None = None) -> Markup:
    """Return an amount as the API has it with its currency (ISO 4217): `12.00 USD`. None is a dash that says why."""
    if amount is None:
        return nothing(why)
    return escape(f"{amount} {currency}") if currency else UNKNOWN_CURRENCY.format(amount)


def percent(value: float | None, digits: int = 1, why: str | None = None) -> Markup:
    """Return a share as percent."""
    return nothing(why) if value is None else escape(f"{value * 100:,.{digits}f} %")


def nothing(why: str | None = None) -> Markup:
    """Return the dash of what there is not, with its reason for whoever points at it."""
    return NONE.format(why or "There is none.")


def words(value: object) -> str:
    """Return a name of the API as words: `RANDOM_FOREST` and `roc_auc` as `Random forest` and `ROC AUC`."""
    text = WORD.sub(" ", str(value)).strip()
    text = " ".join(word.upper() if word.lower() in SHORT else word for word in (text.lower() if text.isupper() else text).split(" "))
    return text[:1].upper() + text[1:]


def tone(status: object) -> str:
    """Return how a status is coloured."""
    return TONES.get(str(status).lower(), "plain")


def without(query: Mapping[str, str], *names: str, **changed: object) -> str:
    """Return a query's text without some parameters, and with others changed: how pages and filters are linked."""
    left = {name: value for name, value in query.items() if name not in names}
    return urlencode(left | {name: str(value) for name, value in changed.items() if value is not None})


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return names as a choice's options."""
    return [(name, words(name)) for name in names]


def named(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return rows that have a `name` as a choice's options."""
    return pairs(str(row["name"]) for row in rows)


def recipe_choices(recipes: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return recipes as a choice's options."""
    return [(each["id"], f"{each['name']} ({words(each['model_family'])}, {each['level']}, {each['status']})") for each in recipes]


def version_choices(versions: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return versions of a recipe as a choice's options."""
    return [(each["version_id"], each["version_number"]) for each in versions]


def dataset_choices(datasets: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return datasets that can be used as a choice's options."""
    return [(each["id"], f"{each['name']} ({each['kind']})") for each in datasets if each["status"] == "ready"]


def model_choices(models: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return models as a choice's options."""
    return [(each["id"], each["name"]) for each in models]


def symbol_choices(symbols: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return symbols as a choice's options, each with the days that there are candles of."""
    return [(each["symbol"], f"{each['symbol']} ({each['start_date']} to {each['end_date']})") for each in symbols]


def page_of(path: str) -> str:
    """Return the page of a recipe, model or run that a path of ML Development's is of, or is below."""
    parts = path.split("?", maxsplit=1)[0].split("/")
    return f"/model-development/{parts[3]}/{parts[4]}"


def job_page(kind: str, job_id: str) -> str:
    """Return the address of the page that follows a job, also where nobody says its kind; empty for a kind of a later release."""
    if kind and kind not in PAGE_OF_KIND:
        return ""
    pages = PAGE_OF_KIND[kind] if kind else KindPages()
    return pages.followed.format(job_id=job_id, run_id=job_id.replace("job_", "run_", 1))


def result_of(job: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the page of what comes of a job, with a word for it; None where nothing of it is shown apart from the job."""
    pages = PAGE_OF_KIND[job["kind"]]
    if pages.followed != JOB:
        return job_page(job["kind"], job["job_id"]), "All of it"
    names = {"job_id": job["job_id"], "model_id": job["model_id"], **job["belongs_to"]}
    known = {name: value for name, value in names.items() if value}
    pairs = (each for each in pages.results if known.keys() >= set(NAMED.findall(each[0])))
    return next(((address.format_map(known), word) for address, word in pairs), None)


def pretty(value: Any) -> str:
    """Return JSON to read."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def fresh_key() -> str:
    """Return an Idempotency-Key of a form, so that what is sent twice is done once."""
    return secrets.token_hex(16)


# The pages that are led to from everywhere, in groups, each with the role that it is for, if it is not for all.
NAVIGATION: Final = (
    ("", (("/app", "Dashboard", ""), ("/app/jobs", "Jobs", ""), ("/app/events", "Events", ""))),
    (
        "Models",
        (
            ("/app/models", "Models", ""),
            ("/app/texts", "Text models", ""),
            ("/app/agents", "Agents", ""),
            ("/model-development", "Model development", ""),
            ("/app/experiments", "Experiments", ""),
            ("/app/registry", "Registry", ""),
            ("/app/monitoring", "Monitoring", ""),
        ),
    ),
    ("Markets", (("/app/backtests", "Backtests", ""), ("/app/signals", "Signals", ""), ("/app/marketplace", "Marketplace", ""))),
    ("Data", (("/app/datasets", "Datasets", ""), ("/app/files", "Files", ""))),
    ("Account", (("/app/account", "Account", ""), ("/app/health", "Health", ""), ("/app/admin", "Platform", "admin"))),
)

# Where a job of each kind is followed, and where what comes of it is shown: the one table from which pages make such links.
JOB: Final = "/app/jobs/{job_id}"
NAMED: Final = re.compile(r"\{(\w+)\}")


class KindPages(NamedTuple):
    """A kind's pages: `results` are of what comes of it, each with a word; the first counts all of whose names the job has."""

    followed: str = JOB
    results: tuple[tuple[str, str], ...] = ()


MODEL: Final = ("/app/models/{model_id}", "The model")
DATASET: Final = ("/app/datasets/{dataset_id}", "The dataset")
PAGE_OF_KIND: Final[Mapping[str, KindPages]] = {
    "train": KindPages(results=(MODEL,)),
    "backtest": KindPages(results=(("/app/backtests/{job_id}", "The backtest"),)),
    "validate": KindPages(results=(DATASET,)),
    "refresh": KindPages(results=(DATASET,)),
    # A search that tunes a model is shown with it; any other is an experiment.
    "tune": KindPages(results=(MODEL, ("/app/experiments/{experiment_id}", "The experiment"))),
    "agent": KindPages(results=(("/app/agents/{environment_id}/train/{job_id}", "The agent's training"),)),
    "agent_run": KindPages(results=(("/app/agents/{environment_id}/agents/{agent_id}/runs/{run_id}", "The agent's run"),)),
    "importance": KindPages(results=(MODEL,)),
    "predict_batch": KindPages(results=(MODEL,)),
    "train_text": KindPages("/app/texts/trainings/{job_id}"),
    "score_texts": KindPages("/app/texts/scores/{job_id}"),
    "check_texts": KindPages("/app/texts/checks/{job_id}"),
    "export": KindPages("/app/texts/exports/{job_id}"),
    "run_recipe": KindPages("/model-development/runs/{run_id}"),
    "monitor_model": KindPages(results=(("/app/monitoring/{model_id}", "What was seen of the model"),)),
    "predict_recipe": KindPages(results=(("/model-development/models/{model_id}/predictions/{prediction_id}", "The prediction"),)),
    "generate_rows": KindPages(results=(("/model-development/recipes/{recipe_id}", "The recipe"),)),
}
ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
FILTERS: Final = (
    when,
    number,
    price,
    money,
    percent,
    words,
    tone,
    without,
    pairs,
    named,
    pretty,
    recipe_choices,
    version_choices,
    dataset_choices,
    page_of,
    job_page,
    result_of,
    model_choices,
    symbol_choices,
)
ENVIRONMENT.filters |= {each.__name__: each for each in FILTERS}
ENVIRONMENT.globals |= {"asset": address_of, "nothing": nothing, "fresh_key": fresh_key, "navigation": NAVIGATION}


def render(template: str, **given: Any) -> str:
    """Return a template as HTML. What every page has and is not given stands for a stranger who sent nothing."""
    usual: dict[str, Any] = {
        "session": None,
        "csrf": "",
        "theme": "",
        "flash": "",
        "query": {},
        "sent": {},
        "found": {},
        "problems": {},
        "problem": None,
        "currency": None,
        "crumbs": (),
        "here": "",
    }
    return ENVIRONMENT.get_template(template).render(usual | given)
