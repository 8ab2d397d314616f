"""What monitoring answers: operators' words about alerts."""

from libs.chassis.bus.handlers import Answers
from libs.contracts.alerts import AlertChanged, ChangeAlert
from services.monitoring.usecases.watch_readings import ChangeAlerts


def make_answers(*, change: ChangeAlerts) -> Answers:
    """Bind each ask to its use case."""
    answers = Answers()

    @answers.to(ChangeAlert)
    async def on_change_alert(ask: ChangeAlert) -> AlertChanged:
        decide = change.acknowledge if ask.wanted == "acknowledged" else change.resolve
        alert = await decide(ask.alert_id, by=ask.by, notes=ask.notes)
        names = [name for name in AlertChanged.model_fields if name != "alert_id"]
        return AlertChanged.model_validate({"alert_id": alert.id} | {name: getattr(alert, name) for name in names})

    return answers
