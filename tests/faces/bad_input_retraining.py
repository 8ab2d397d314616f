"""Bad input about a model's retraining."""

from typing import Any, Final

from tests.faces.bad_input import MODELS, Bad, config, many
from tests.gateway.studio.world import new_model

DURATION: Final = "Must be days or hours such as 7d or 12h: at least 1h, at most 3650d."
CLASSIFYING: Final = "Must be log_loss, accuracy, f1_score or roc_auc."


def retrained(name: str, field: str, text: str, /, **retrain: Any) -> Bad:
    """A bad `retrain`, of a model whose end_date is open."""
    given = {name: value for name, value in new_model()["training_config"].items() if name != "end_date"}
    place = f"training_config.retrain.{field}" if field else "training_config.retrain"
    return Bad(name, "POST", MODELS, new_model(training_config=given | {"retrain": retrain}), field=place, text=text)


RETRAINING: Final = [
    config("a retraining that is a word", "retrain", "Must be an object.", retrain="weekly"),
    config("retrained though it ends", "end_date", "Leave end_date out with retrain", retrain={"every": "7d"}),
    retrained("retrained never", "every", "This field is required"),
    retrained("every week in words", "every", DURATION, every="weekly"),
    retrained("every minute", "every", DURATION, every="1m"),
    retrained("every 0 days", "every", DURATION, every="0d"),
    retrained("every number", "every", "valid string", every=7),
    retrained("every century", "every", DURATION, every="99999d"),
    retrained("a window of retraining misspelt", "window", "Must be anchored or rolling. Did you mean 'rolling'?", every="7d", window="roling", window_days=30),
    retrained("rolling over no days", "", "need each other", every="7d", window="rolling"),
    retrained("days without rolling", "", "need each other", every="7d", window_days=730),
    retrained("a week of days", "window_days", "greater than or equal to 30", every="7d", window="rolling", window_days=7),
    retrained("days in a string", "window_days", "valid integer", every="7d", window="rolling", window_days="730"),
    retrained("expired before its turn", "", "expire_after must be longer than every (7d)", every="7d", expire_after="7d"),
    retrained("expires in a while", "expire_after", DURATION, every="7d", expire_after="a while"),
    retrained("a key of retraining misspelt", "evry", "Did you mean 'every'?", every="7d", evry="7d"),
    retrained("keys without end", "every19", "… and 39980 more.", **({"every": "7d"} | many("every"))),
    retrained("a gate that is open", "gate", "Must be an object.", every="7d", gate=True),
    retrained("a metric misspelt", "gate.metric", f"{CLASSIFYING} Did you mean 'log_loss'?", every="7d", gate={"metric": "logloss"}),
    retrained("a regression's metric", "gate.metric", CLASSIFYING, every="7d", gate={"metric": "rmse"}),
    retrained("a metric in a list", "gate.metric", "Must be", every="7d", gate={"metric": ["rmse"]}),
    retrained("a tolerance below none", "gate.tolerance", "greater than or equal to 0", every="7d", gate={"tolerance": -0.1}),
    retrained("a tolerance of all", "gate.tolerance", "less than or equal to 0.5", every="7d", gate={"tolerance": 1}),
    retrained("a tolerance in percent", "gate.tolerance", "valid number", every="7d", gate={"tolerance": "2%"}),
    retrained("a gate's key misspelt", "gate.tolerence", "Did you mean 'tolerance'?", every="7d", gate={"tolerence": 0.1}),
    Bad("PATCH retrain with a word", "PATCH", f"{MODELS}{{trained}}/", {"retrain": "weekly"}, field="retrain", text="Must be an object."),
    Bad("PATCH retrain of a model that ends", "PATCH", f"{MODELS}{{trained}}/", {"retrain": {"every": "7d"}}, field="retrain", text="end_date"),
    Bad("PATCH retrain misspelt", "PATCH", f"{MODELS}{{trained}}/", {"retrian": {"every": "7d"}}, field="retrian", text="Did you mean 'retrain'"),
]  # fmt: skip
