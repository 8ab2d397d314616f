"""Bad lists, things that are not there and strangers, and the exact answers they get: data for the table test."""

from typing import Final

from tests.faces.bad_input import EXPIRED, JOB, MODELS, NO_CREDENTIAL, NO_ID, NOT_VALID, PREDICT, TRAIN, Bad, denied, missing, query

LISTS: Final = [
    query("filter misspelt", "/models/?model_typ=CLASSIFICATION", "model_typ", "Did you mean 'model_type'?"),
    query("filter of another list", "/training-jobs/?min_sharpe_ratio=1", "min_sharpe_ratio", "There is no such parameter; there are "),
    query("market's filter misspelt", "/marketplace/?min_sharp_ratio=1", "min_sharp_ratio", "Did you mean 'min_sharpe_ratio'?"),
    query("status misspelt", "/models/?status=COMPLETE", "status", "Did you mean 'COMPLETED'?"),
    query("status in lower case", "/models/?status=draft", "status", "Did you mean 'DRAFT'?"),
    query("type unknown", "/models/?model_type=X", "model_type", "CLASSIFICATION, REGRESSION, TIME_SERIES"),
    query("page zero", "/models/?page=0", "page", "whole number from 1"),
    query("page minus one", "/models/?page=-1", "page", "whole number from 1"),
    query("page of letters", "/models/?page=two", "page", "whole number from 1"),
    query("page of strange digits", "/models/?page=%D9%A3", "page", "whole number from 1"),
    query("a page beyond", "/models/?page=999999999", "page", "The last page is", status=404),
    query("a page beyond numbers", f"/models/?page={'9' * 400}", "page", "whole number from 1"),
    query("too large a page", "/models/?page_size=101", "page_size", "1 to 100"),
    query("job status misspelt", "/training-jobs/?status=RUNING", "status", "Did you mean 'RUNNING'?"),
    query("job of what is no model", "/training-jobs/?model_id=abc", "model_id", "model_"),
]
NOT_THERE: Final = [
    missing("no id", "GET", "/models/abc/", "There is no model 'abc'."),
    missing("an id of another kind", "GET", "/models/{ended}/", "There is no model '{ended}'."),
    missing("an id of nothing", "GET", f"/models/{NO_ID}/", f"There is no model '{NO_ID}'."),
    missing("an operator as id", "GET", "/models/%7B%22$gt%22:%22%22%7D/", """There is no model '{"$gt":""}'."""),
    missing("a huge id", "GET", f"/models/{'a' * 3000}/", f"There is no model '{'a' * 80}'."),
    missing("another's model", "GET", "/models/{others_model}/", "There is no model '{others_model}'."),
    missing("change another's model", "PATCH", "/models/{others_model}/", "There is no model '{others_model}'.", {"name": "x"}),
    missing("delete another's model", "DELETE", "/models/{others_model}/", "There is no model '{others_model}'."),
    missing("train another's model", "POST", "/models/{others_model}/train/", "There is no model '{others_model}'.", {}),
    missing(
        "predict with another's", "POST", "/models/{others_model}/predict/", "There is no model '{others_model}'.", {"symbols": ["AAPL"]}
    ),
    missing("importance of another's model", "GET", "/models/{others_model}/feature-importance/", "There is no model '{others_model}'."),
    missing("a plot of another's model", "GET", "/models/{others_model}/plots/shap-summary.png", "There is no model '{others_model}'."),
    missing("a plot of no id", "GET", "/models/abc/plots/feature-importance.png", "There is no model 'abc'."),
    missing(
        "a plot of an operator",
        "GET",
        "/models/%7B%22$gt%22:%22%22%7D/plots/feature-importance.png",
        """There is no model '{"$gt":""}'.""",
    ),
    missing(
        "a plot outside",
        "GET",
        "/models/{trained}/plots/..%2F..%2Fsecrets.png",
        "There is nothing at /api/ai-studio/models/{trained}/plots/../../secrets.png.",
    ),
    missing(
        "no such plot",
        "GET",
        "/models/{trained}/plots/beeswarm.png",
        "There is nothing at /api/ai-studio/models/{trained}/plots/beeswarm.png.",
    ),
    missing("a plot of a draft", "GET", "/models/{draft}/plots/shap-summary.png", "The model has not been trained yet."),
    missing("another's job", "GET", "/training-jobs/{others_job}/", "There is no training job '{others_job}'."),
    missing("cancel another's job", "POST", "/training-jobs/{others_job}/cancel/", "There is no training job '{others_job}'."),
    missing("no job", "GET", "/training-jobs/1/", "There is no training job '1'."),
    missing("no such path", "GET", "/modells/", "There is nothing at /api/ai-studio/modells/."),
    Bad("a method too many", "PUT", MODELS, {}, status=405, code="METHOD_NOT_ALLOWED", field="method", text="GET, HEAD, POST"),
    Bad("get predictions", "GET", PREDICT, status=405, code="METHOD_NOT_ALLOWED", field="method", text="POST"),
    Bad(
        "post an importance",
        "POST",
        "/models/{trained}/feature-importance/",
        {},
        status=405,
        code="METHOD_NOT_ALLOWED",
        field="method",
        text="GET",
    ),
    Bad(
        "replace a plot",
        "PUT",
        "/models/{trained}/plots/shap-summary.png",
        {},
        status=405,
        code="METHOD_NOT_ALLOWED",
        field="method",
        text="GET",
    ),
    Bad("delete a job", "DELETE", JOB, status=405, code="METHOD_NOT_ALLOWED", field="method", text="GET"),
]
STRANGERS: Final = [
    denied("no token", "none", NO_CREDENTIAL),
    denied("an expired token", "expired", EXPIRED),
    denied("a token of another's making", "forged", NOT_VALID),
    denied("a token without a signature", "unsigned", NOT_VALID),
    denied("letters for a token", "letters", NOT_VALID),
    denied("another scheme", "basic", "The Authorization header is not `Bearer <token or API key>`."),
    denied("no token to train", "none", NO_CREDENTIAL, method="POST", path=TRAIN),
    denied("no token to predict", "none", NO_CREDENTIAL, method="POST", path=PREDICT),
    denied("an expired token to predict", "expired", EXPIRED, method="POST", path=PREDICT),
    denied("no token for a plot", "none", NO_CREDENTIAL, path="/models/{trained}/plots/shap-summary.png"),
    denied("no token for the importance", "none", NO_CREDENTIAL, path="/models/{trained}/feature-importance/"),
]
TABLE: Final = [*LISTS, *NOT_THERE, *STRANGERS]
