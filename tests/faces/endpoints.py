"""The endpoints of AI Studio but its marketplace's, as the OpenAPI document has to have them."""

from typing import Final

from tests.gateway.studio.world import STUDIO

ENDPOINTS: Final = {
    ("GET", f"{STUDIO}/algorithms/"),
    ("GET", f"{STUDIO}/analytics/dashboard/"),
    ("GET", f"{STUDIO}/compute/limits/"),
    ("POST", f"{STUDIO}/compute/purchase-credits/"),
    ("GET", f"{STUDIO}/compute/usage/"),
    ("GET", f"{STUDIO}/features/"),
    ("GET", f"{STUDIO}/models/"),
    ("POST", f"{STUDIO}/models/"),
    ("DELETE", f"{STUDIO}/models/{{model_id}}/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/"),
    ("PATCH", f"{STUDIO}/models/{{model_id}}/"),
    ("POST", f"{STUDIO}/models/{{model_id}}/batch-predict/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/equity-curve/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/estimate/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/explain/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/feature-importance/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/plots/equity.png"),
    ("GET", f"{STUDIO}/models/{{model_id}}/plots/feature-importance.png"),
    ("GET", f"{STUDIO}/models/{{model_id}}/plots/shap-summary.png"),
    ("POST", f"{STUDIO}/models/{{model_id}}/predict/"),
    ("POST", f"{STUDIO}/models/{{model_id}}/train/"),
    ("GET", f"{STUDIO}/models/{{model_id}}/trades/"),
    ("GET", f"{STUDIO}/symbols/"),
    ("GET", f"{STUDIO}/training-jobs/"),
    ("GET", f"{STUDIO}/training-jobs/{{job_id}}/"),
    ("POST", f"{STUDIO}/training-jobs/{{job_id}}/cancel/"),
    ("GET", f"{STUDIO}/webhooks/"),
    ("POST", f"{STUDIO}/webhooks/"),
    ("DELETE", f"{STUDIO}/webhooks/{{webhook_id}}/"),
    ("GET", f"{STUDIO}/webhooks/{{webhook_id}}/"),
    ("PATCH", f"{STUDIO}/webhooks/{{webhook_id}}/"),
    ("GET", f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/"),
    ("GET", f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/"),
    ("POST", f"{STUDIO}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/replay/"),
    ("POST", f"{STUDIO}/webhooks/{{webhook_id}}/test/"),
}
