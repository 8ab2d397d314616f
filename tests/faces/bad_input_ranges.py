"""Bad requests for explanations and batch predictions, and the exact answers they get: data for the table test."""

from typing import Any, Final

from tests.faces.bad_input import NO_CREDENTIAL, Bad, denied, missing, raw

BATCH: Final = "/models/{trained}/batch-predict/"


def explain(name: str, asked: str, field: str, text: str) -> Bad:
    """A bad request for explanations."""
    return Bad(name, "GET", f"/models/{{trained}}/explain/?{asked}", field=field, text=text)


def batch(name: str, field: str, text: str, /, **body: Any) -> Bad:
    """A bad request for a batch of predictions."""
    return Bad(name, "POST", BATCH, body, field=field, text=text)


RANGES: Final = [
    explain("explain a symbol misspelt", "symbols=APPL", "symbols", "Did you mean 'AAPL'?"),
    explain("explain an unknown symbol", "symbols=RELIANCE", "symbols", "Known are AAPL"),
    explain("explain what has no such candles", "symbols=EURUSD", "symbols", "1h, not of 1d"),
    explain("explain a symbol twice", "symbols=AAPL,AAPL", "symbols", "repeat"),
    explain("explain nothing between commas", "symbols=AAPL,,MSFT", "symbols", "1 to 40"),
    explain("explain too many symbols", "symbols=" + ",".join(f"S{n}" for n in range(101)), "symbols", "1 to 100"),
    explain("explain a huge symbol", "symbols=" + "X" * 3000, "symbols", "1 to 40"),
    explain("explain no such day", "start_date=2012-02-30", "start_date", "Must be a date such as"),
    explain("explain a moment", "end_date=2012-02-01T00:00:00Z", "end_date", "Must be a date such as"),
    explain("explain backwards", "start_date=2012-12-31&end_date=2012-01-01", "end_date", "Must not be before start_date"),
    explain("explain before the data", "end_date=1990-01-01", "end_date", "from 2000-03-01 to 2013-03-01"),
    explain("explain after the data", "start_date=2025-01-01", "start_date", "from 2000-03-01 to 2013-03-01"),
    explain("explain too much", "symbols=AAPL,MSFT,IBM,NVDA,AMZN&start_date=1990-01-01", "start_date", "at most 10000"),
    explain("explain key misspelt", "symbol=AAPL", "symbol", "Did you mean 'symbols'?"),
    Bad("explain a draft", "GET", "/models/{draft}/explain/", field="status", text="DRAFT"),
    batch("a batch of nothing", "symbols", "required"),
    batch("a batch of a string", "symbols", "list of 1 to 100", symbols="AAPL"),
    batch("a batch of an empty list", "symbols", "list of 1 to 100", symbols=[]),
    batch("a batch of numbers", "symbols", "string", symbols=[1]),
    batch("a batch of a symbol misspelt", "symbols", "Did you mean 'AAPL'?", symbols=["APPL"]),
    batch("a batch twice", "symbols", "repeat", symbols=["AAPL", "AAPL"]),
    batch("a batch from a number", "start_date", "Must be a date such as", symbols=["AAPL"], start_date=20120101),
    batch("a batch backwards", "end_date", "Must not be before", symbols=["AAPL"], start_date="2012-12-31", end_date="2012-01-01"),
    batch("a batch after the data", "start_date", "none from 2025-01-10", symbols=["AAPL"], start_date="2025-01-10", end_date="2025-01-15"),
    batch("a batch that says perhaps", "include_shap", "true or false", symbols=["AAPL"], include_shap="yes"),
    batch("a batch with one for true", "include_confidence", "true or false", symbols=["AAPL"], include_confidence=1),
    batch("a batch key misspelt", "include_shapp", "Did you mean 'include_shap'?", symbols=["AAPL"], include_shapp=True),
    Bad("a batch of a draft", "POST", "/models/{draft}/batch-predict/", {"symbols": ["AAPL"]}, field="status", text="DRAFT"),
    raw("a batch in a list", b"[]", "body", "JSON object", path=BATCH),
    raw("a batch of broken JSON", b"{", "body", "not JSON", path=BATCH),
    missing("explain another's model", "GET", "/models/{others_model}/explain/", "There is no model '{others_model}'."),
    missing(
        "a batch of another's model",
        "POST",
        "/models/{others_model}/batch-predict/",
        "There is no model '{others_model}'.",
        {"symbols": ["AAPL"]},
    ),
    denied("no token to explain", "none", NO_CREDENTIAL, path="/models/{trained}/explain/"),
    denied("no token for a batch", "none", NO_CREDENTIAL, method="POST", path=BATCH),
]
