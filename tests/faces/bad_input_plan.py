"""Bad requests about estimates, limits and the dashboard, and the exact answers they get: rows of the table of bad_input.py."""

from typing import Final

from tests.faces.bad_input import DRAFT, NO_CREDENTIAL, NO_ID, Bad, denied, missing

ESTIMATE, LIMITS, DASHBOARD = f"{DRAFT}estimate/", "/compute/limits/", "/analytics/dashboard/"
PLAN: Final = [
    missing("estimate nothing", "GET", "/models/nonsense/estimate/", "There is no model 'nonsense'."),
    missing("estimate a model that is not there", "GET", f"/models/{NO_ID}/estimate/", f"There is no model '{NO_ID}'."),
    Bad("post an estimate", "POST", ESTIMATE, {}, status=405, code="METHOD_NOT_ALLOWED", field="method", text="GET"),
    Bad("change the limits", "POST", LIMITS, {}, status=405, code="METHOD_NOT_ALLOWED", field="method", text="GET"),
    denied("no token for an estimate", "none", NO_CREDENTIAL, path=ESTIMATE),
    denied("no token for the limits", "none", NO_CREDENTIAL, path=LIMITS),
    Bad("change the dashboard", "POST", DASHBOARD, {}, status=405, code="METHOD_NOT_ALLOWED", field="method", text="GET"),
    denied("no token for the dashboard", "none", NO_CREDENTIAL, path=DASHBOARD),
]
