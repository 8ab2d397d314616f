"""Why a job is refused."""

from libs.chassis.errors import ErrorKind, PlatformError, UnavailableError
from libs.contracts.training import Priority
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import PRIORITIES
from services.gateway.domain.errors import WrongStateError


class JobNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such job, or it is somebody else's."""

    def __init__(self, job_id: str, *, noun: str = "training job") -> None:
        super().__init__(f"There is no {noun} '{job_id[:80]}'.")
        self.job_id = job_id[:80]
        self.noun = noun


class JobNotSeenYetError(PlatformError, kind=ErrorKind.UNAVAILABLE, worth_retrying=True):
    """News of a job came before the job itself did."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"{job_id} was not requested yet")


class SlotTakenError(PlatformError, kind=ErrorKind.CONFLICT, code="job_slot_taken", worth_retrying=True):
    """Other jobs of the account have taken its places, or the readable name, in between."""

    def __init__(self) -> None:
        super().__init__("Other jobs of this account were started at the same time; send the request again.")


class JobEndedError(WrongStateError):
    """A job that has ended cannot be cancelled."""

    def __init__(self, state: str) -> None:
        super().__init__("Only a queued or running job can be cancelled.", noun="job", state=state)


class NotRequeueableError(WrongStateError):
    """A job that cannot run again as it is."""

    def __init__(self, why: str, *, state: str) -> None:
        super().__init__(why, noun="job", state=state)


class PriorityNotAllowedError(PlatformError, kind=ErrorKind.FORBIDDEN, code="subscription_required"):
    """A tier does not have this priority."""

    def __init__(self, priority: Priority, *, tier: Tier) -> None:
        self.priority = priority
        self.tier = tier
        self.allowed = PRIORITIES[tier]
        self.needed = tuple(each for each in Tier if priority in PRIORITIES[each])
        message = f"Priority {priority} needs the tier {' or '.join(self.needed)}; this account is on {tier}."
        super().__init__(message, details={"priority": [f"Allowed on this tier: {', '.join(self.allowed)}."]})


class CancellationPendingError(PlatformError, kind=ErrorKind.TIMEOUT, worth_retrying=True):
    """A cancellation is recorded, but nobody has confirmed it in time."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The cancellation of {job_id} is recorded and will take effect; its confirmation did not come in time.")


class CancellationKeptError(UnavailableError):
    """A cancellation is recorded while the message broker is away."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The cancellation of {job_id} is recorded and takes effect as soon as the message broker is there again.")


class RefundPendingError(PlatformError, kind=ErrorKind.TIMEOUT):
    """A job is cancelled, but the marketplace has not said in time what comes back."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"{job_id} is cancelled; its refund is booked as soon as the marketplace is there again, and shown with the job.")
