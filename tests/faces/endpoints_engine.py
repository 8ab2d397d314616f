"""The endpoints of AI Engine: those of its document noun by noun, and those that stand beside them in its style."""

from typing import Final

ENGINE: Final = "/v1/ai"
_MODEL, _ENVIRONMENT, _EXPERIMENT = "/models/{model_id}", "/rl-environments/{environment_id}", "/experiments/{experiment_id}"
_NAME: Final = "/registry/{model_name}"
_VERSIONS: Final = f"{_NAME}/versions"

DOCUMENTED: Final = {
    "models": {
        ("GET", "/models"),
        ("POST", "/models"),
        ("GET", _MODEL),
        ("DELETE", _MODEL),
        ("POST", f"{_MODEL}/train"),
        ("GET", f"{_MODEL}/train/{{job_id}}"),
    },
    "predictions": {("GET", "/predictions"), ("POST", "/predictions"), ("GET", "/predictions/{prediction_id}")},
    "rl-environments": {
        ("GET", "/rl-environments"),
        ("POST", "/rl-environments"),
        ("POST", f"{_ENVIRONMENT}/train"),
        ("GET", f"{_ENVIRONMENT}/train/{{job_id}}"),
        ("POST", f"{_ENVIRONMENT}/agents/{{agent_id}}/run"),
        ("GET", f"{_ENVIRONMENT}/agents/{{agent_id}}/runs/{{run_id}}"),
    },
    "experiments": {
        ("GET", "/experiments"),
        ("POST", "/experiments"),
        ("GET", _EXPERIMENT),
        ("POST", f"{_EXPERIMENT}/start"),
        ("POST", f"{_EXPERIMENT}/stop"),
        ("GET", f"{_EXPERIMENT}/trials"),
    },
    "registry": {("GET", _VERSIONS), ("POST", _VERSIONS), ("PATCH", f"{_VERSIONS}/{{version}}")},
    "feature-importance": {("GET", f"{_MODEL}/feature-importance"), ("POST", f"{_MODEL}/feature-importance")},
    "hyperparameter-tuning": {
        ("POST", f"{_MODEL}/hyperparameter-tuning"),
        ("GET", f"{_MODEL}/hyperparameter-tuning/{{job_id}}"),
        ("GET", f"{_MODEL}/hyperparameter-tuning/{{job_id}}/results"),
    },
}
"""The 29 of the document, by the noun of its section."""

BESIDE: Final = {
    "datasets": {
        ("GET", "/datasets"),
        ("POST", "/datasets"),
        ("GET", "/datasets/{dataset_id}"),
        ("PATCH", "/datasets/{dataset_id}"),
        ("DELETE", "/datasets/{dataset_id}"),
        ("GET", "/datasets/{dataset_id}/versions"),
        ("POST", "/datasets/{dataset_id}/versions"),
        ("DELETE", "/datasets/{dataset_id}/versions/{version}"),
        ("GET", "/datasets/{dataset_id}/health"),
        ("GET", "/datasets/{dataset_id}/health.html"),
        ("GET", "/datasets/{dataset_id}/download"),
    },
    "candles": {("GET", "/candles")},
    "models": {("POST", f"{_MODEL}/train/{{job_id}}/cancel")},
    "predictions": {
        ("POST", "/predictions/batch"),
        ("GET", "/predictions/batch/{batch_id}"),
        ("POST", "/predictions/batch/{batch_id}/cancel"),
        ("GET", "/predictions/batch/{batch_id}/download"),
    },
    "rl-environments": {
        ("GET", _ENVIRONMENT),
        ("DELETE", _ENVIRONMENT),
        ("POST", f"{_ENVIRONMENT}/train/{{job_id}}/cancel"),
        ("GET", f"{_ENVIRONMENT}/agents"),
        ("GET", f"{_ENVIRONMENT}/agents/{{agent_id}}"),
        ("DELETE", f"{_ENVIRONMENT}/agents/{{agent_id}}"),
        ("GET", f"{_ENVIRONMENT}/agents/{{agent_id}}/plots/{{plot}}"),
        ("GET", f"{_ENVIRONMENT}/agents/{{agent_id}}/runs"),
        ("GET", f"{_ENVIRONMENT}/agents/{{agent_id}}/runs/{{run_id}}/plots/{{plot}}"),
        ("POST", f"{_ENVIRONMENT}/agents/{{agent_id}}/runs/{{run_id}}/cancel"),
    },
    "experiments": {
        ("DELETE", _EXPERIMENT),
        ("POST", f"{_EXPERIMENT}/resume"),
        ("POST", f"{_EXPERIMENT}/model"),
        ("GET", f"{_EXPERIMENT}/plots/{{plot}}"),
    },
    "jobs": {("GET", "/jobs"), ("GET", "/jobs/{job_id}"), ("POST", "/jobs/{job_id}/cancel")},
    "hyperparameter-tuning": {
        ("DELETE", "/models/{model_id}/hyperparameter-tuning/{job_id}"),
        ("POST", "/models/{model_id}/hyperparameter-tuning/{job_id}/cancel"),
    },
    "registry": {
        ("GET", "/registry"),
        ("GET", "/registry/{model_name}"),
        ("GET", "/registry/{model_name}/compare"),
        ("GET", "/registry/{model_name}/versions/{version}/history"),
        ("PUT", "/registry/{model_name}/gate"),
        ("POST", "/registry/{model_name}/rollback"),
        ("PUT", "/registry/{model_name}/aliases/{alias}"),
        ("DELETE", "/registry/{model_name}/aliases/{alias}"),
        ("GET", f"{_VERSIONS}/{{version}}"),
        ("GET", f"{_VERSIONS}/{{version}}/card"),
    },
}
"""What the document leaves out, in its style."""
SERVED: Final = frozenset({"candles", "datasets", "jobs", *DOCUMENTED})
"""The nouns that are served."""
ENDPOINTS: Final = {
    (method, f"{ENGINE}{path}") for noun in SERVED for method, path in DOCUMENTED.get(noun, set()) | BESIDE.get(noun, set())
}
