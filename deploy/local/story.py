"""The demo's story, step by step, as a user of the public API would live it."""

import secrets
import time
from typing import Any, Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.commands import RefusedError
from modelbourse.cli.showing import print_facts, print_table

SYMBOLS: Final = ("AAPL", "MSFT")
FEATURES: Final = ("rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio")
MODEL: Final[dict[str, Any]] = {
    "name": "AAPL and MSFT momentum",
    "description": "Buys and sells two large technology shares on momentum and mean reversion",
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "target_variable": "signal_type",
    "features": list(FEATURES),
    "hyperparameters": {"n_estimators": 100, "max_depth": 10, "min_samples_split": 5, "random_state": 42},
    "training_config": {
        "symbols": list(SYMBOLS),
        "start_date": "2005-01-01",
        "end_date": "2012-12-31",
        "train_test_split": 0.8,
        "cross_validation_folds": 5,
    },
}
ENDED: Final = {"COMPLETED", "FAILED", "CANCELLED"}
TRAIN_WITHIN: Final = 240.0
AWAY_WITHIN: Final = 60.0
ADDITIVITY: Final = 1e-6
PNG: Final = b"\x89PNG\r\n\x1a\n"


class Story:
    """Register, create, train, watch, read, predict, and be refused as somebody else."""

    def __init__(self, gateway: str, *, console: Console) -> None:
        self.username = f"demo-{secrets.token_hex(4)}"
        self.password = secrets.token_urlsafe(12)
        self._console = console
        self._gateway = gateway
        self._http = httpx.Client(base_url=gateway, timeout=30)
        self._model: dict[str, Any] = {}
        self._answer: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Live through all steps and return the summary; raise RefusedError at the first that does not hold."""
        mine = self._log_in(self.username)
        self._step("registered and logged in", self.username)
        created = self._call("POST", "/api/ai-studio/models/", token=mine, body=MODEL, expect=201)
        self._step("created a model", f"{created['id']} ({MODEL['algorithm']} on {', '.join(SYMBOLS)})")
        started = self._call(
            "POST", f"/api/ai-studio/models/{created['id']}/train/", token=mine, body={"job_name": "first training"}, expect=202
        )
        self._step("started a training job", f"{started['job_id']}, estimated cost {started['estimated_cost']}")
        self._follow(started["job_id"], token=mine)
        self._model = self._call("GET", f"/api/ai-studio/models/{created['id']}/", token=mine)
        self._check_results()
        self._look_at_importance(created["id"], token=mine)
        self._answer = self._call("POST", f"/api/ai-studio/models/{created['id']}/predict/", token=mine, body={"symbols": list(SYMBOLS)})
        self._step(
            "asked for predictions",
            ", ".join(f"{p['symbol']} {p['prediction']} ({p['confidence']:.0%})" for p in self._answer["predictions"]),
        )
        self._check_additivity()
        self._explain(created["id"], token=mine)
        other = self._log_in(f"{self.username}-2")
        self._call("GET", f"/api/ai-studio/models/{created['id']}/", token=other, expect=404)
        self._step("looked at the model as another account", "404, as it should be")
        return self._summary(created["id"], started["job_id"])

    def print_summary(self) -> None:
        """Print what was measured beside its baselines, and the reasons of the predictions."""
        self._print_results()
        self._print_reasons()

    def _log_in(self, username: str) -> str:
        account = {"username": username, "email": f"{username}@example.com", "password": self.password}
        self._call("POST", "/auth/register", body=account, expect=201)
        answer = self._http.post("/auth/token", data={"grant_type": "password", "username": username, "password": self.password})
        self._check(answer.status_code == httpx.codes.OK, f"/auth/token answered {answer.status_code}: {answer.text}")
        return str(answer.json()["access_token"])

    def _follow(self, job_id: str, *, token: str) -> None:
        deadline = time.monotonic() + TRAIN_WITHIN
        columns = (TextColumn("  {task.description:48}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as bars:
            bar = bars.add_task("queued", total=100)
            while True:
                job = self._call("GET", f"/api/ai-studio/training-jobs/{job_id}/", token=token)
                newest = job["logs"][-1]["message"] if job["logs"] else job["status"].lower()
                bars.update(bar, completed=job["progress"], description=newest[:48])
                if job["status"] in ENDED:
                    break
                self._check(time.monotonic() < deadline, f"the job did not end within {TRAIN_WITHIN:.0f} s")
                time.sleep(0.2)
        self._check(job["status"] == "COMPLETED", f"the job ended {job['status']}: {job.get('error')}")
        self._step("trained", f"{job['compute_hours']:.6f} compute hours")

    def _check_results(self) -> None:
        model = self._model
        self._check(model["status"] == "COMPLETED", f"the model's status is {model['status']}")
        self._check({"majority_class", "buy_and_hold"} <= set(model["baselines"]), f"its baselines are {list(model['baselines'])}")
        self._check(model["backtest_results"]["total_trades"] is not None, f"its backtest is {model['backtest_results']}")
        total = sum(model["feature_importance"].values())
        self._check(abs(total - 1) <= ADDITIVITY, f"its feature importance sums to {total}, not 1")

    def _look_at_importance(self, model_id: str, *, token: str) -> None:
        found = self._call("GET", f"/api/ai-studio/models/{model_id}/feature-importance/", token=token)
        for key in ("importance_plot_url", "shap_summary_plot_url"):
            self._check(found[key] is not None, f"there is no {key}: {found['reasons'].get(key)}")
            plot = self._http.get(found[key], headers={"Authorization": f"Bearer {token}"})
            self._check(plot.content.startswith(PNG), f"{found[key]} answered {plot.status_code}, and no picture")
        name, first = next(iter(found["feature_importance"].items()))
        self._step("looked at what it rests on", f"most on {name} ({first['description']}); plots of it and of all SHAP values")

    def _check_additivity(self) -> None:
        for prediction in self._answer["predictions"]:
            error = prediction["additivity_error"]
            self._check(error <= ADDITIVITY, f"{prediction['symbol']}: base value and contributions miss the output by {error}")

    def _explain(self, model_id: str, *, token: str) -> None:
        """Have the last candles explained: the newest of each symbol is the one that was just predicted."""
        answer = self._call("GET", f"/api/ai-studio/models/{model_id}/explain/", token=token)
        newest = {row["symbol"]: row for row in answer["explanations"]}
        for prediction in self._answer["predictions"]:
            row = newest[prediction["symbol"]]
            same = abs(row["prediction_value"] - prediction["confidence"]) <= ADDITIVITY and row["timestamp"] == prediction["as_of"]
            self._check(same, f"{row['symbol']} was predicted as {prediction} and is explained as {row}")
        worst = max(abs(row["base_value"] + sum(row["shap_values"].values()) - row["prediction_value"]) for row in answer["explanations"])
        self._check(worst <= ADDITIVITY, f"base value and SHAP values miss the output by {worst}")
        self._step("had the last candles explained", f"{answer['count']} explanations, off by {worst:.1e} at most")

    def _summary(self, model_id: str, job_id: str) -> dict[str, Any]:
        metrics, card = self._model["performance_metrics"], self._model["run_card"]
        return {
            "model_id": model_id,
            "job_id": job_id,
            "data_source": card["data_source"],
            "rows": card["rows"],
            "accuracy": metrics["accuracy"],
            "f1": metrics["f1_score"],
            "sharpe": metrics["sharpe_ratio"],
            "max_drawdown": metrics["max_drawdown"],
            "predictions": self._answer["predictions"],
            "additivity_error": max(p["additivity_error"] for p in self._answer["predictions"]),
        }

    def _print_results(self) -> None:
        metrics, baselines = self._model["performance_metrics"], self._model["baselines"]
        majority, holding = baselines.get("majority_class", {}), baselines.get("buy_and_hold", {})
        names = ("accuracy", "precision", "recall", "f1_score", "roc_auc", "sharpe_ratio", "max_drawdown", "total_return")
        rows = [(name, *(_number(source.get(name)) for source in (metrics, majority, holding))) for name in names]
        columns = ("out of sample", "model", "majority class", "buy and hold")
        print_table(columns, rows, title="\nWhat it measured, beside its baselines", console=self._console)
        trades = [(name.replace("_", " "), _number(value)) for name, value in self._model["backtest_results"].items()]
        print_facts(trades, title="\nBacktest of the out-of-sample signals", console=self._console)

    def _print_reasons(self) -> None:
        symbols = [p["symbol"] for p in self._answer["predictions"]]
        importance = self._model["feature_importance"]
        rows = [
            (name, f"{importance[name]:.3f}", *(f"{p['feature_contributions'][name]:+.4f}" for p in self._answer["predictions"]))
            for name in sorted(importance, key=importance.__getitem__, reverse=True)
        ]
        columns = ("feature", "importance", *(f"contribution, {symbol}" for symbol in symbols))
        print_table(columns, rows, title="\nWhy", console=self._console)

    def _call(self, method: str, path: str, *, token: str | None = None, body: object = None, expect: int = 200) -> dict[str, Any]:
        # With a key a request that is sent again does nothing twice.
        headers = {"Idempotency-Key": secrets.token_hex(16)} | ({"Authorization": f"Bearer {token}"} if token else {})
        deadline = time.monotonic() + AWAY_WITHIN
        answer = self._sent(method, path, body=body, headers=headers)
        while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and time.monotonic() < deadline:
            time.sleep(0.5)  # What is still waking up says so: `make up` is busy for a while on a slow machine.
            answer = self._sent(method, path, body=body, headers=headers)
        self._check(answer.status_code == expect, f"{method} {path} answered {answer.status_code}, not {expect}: {answer.text}")
        content: dict[str, Any] = answer.json()
        return content

    def _sent(self, method: str, path: str, *, body: object, headers: dict[str, str]) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            msg = f"{method} {path}: {error}"
            raise RefusedError(msg) from error

    def _step(self, what: str, detail: str) -> None:
        self._console.print(f"[green]✓[/] {what}: {detail}")

    def _check(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as an assertion
        if not holds:
            raise RefusedError(otherwise)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) or float(value).is_integer() else f"{value:.4f}"
