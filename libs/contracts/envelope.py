"""What every message on the bus has in common: events (facts, past tense) and asks (one answer each)."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PlainSerializer, WithJsonSchema

from libs.contracts.ids import new_id


def now() -> datetime:
    """Return the present moment, aware, in UTC, to the millisecond (what MongoDB keeps)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


Moment = Annotated[
    AwareDatetime,
    PlainSerializer(
        lambda at: at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        return_type=str,
        when_used="json",
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class Message(BaseModel):
    """A frozen value that crosses a border; readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)


class Event(Message):
    """A fact. Subclasses set `topic` (also the CloudEvents type) and `key_field` (whose value is the Kafka key).

    `header_fields` names the fields that are CloudEvents extension attributes too: `ce_<name>` in the headers, by the field's name.
    """

    topic: ClassVar[str]
    key_field: ClassVar[str]
    header_fields: ClassVar[dict[str, str]] = {}

    event_id: str = Field(default_factory=lambda: new_id("event"), description="Unique id of this event; the same when it comes twice.")
    occurred_at: Moment = Field(default_factory=now, description="When it happened, UTC.")
    sequence: NonNegativeInt = Field(
        description="Grows with every event that one service (`ce_source`) tells of one thing, across topics; "
        "compare it only among events of one source, and pass over what is not newer than what you have seen."
    )

    @property
    def key(self) -> str:
        """The Kafka key: order holds within a topic and key."""
        return str(getattr(self, self.key_field))


class Reply(Message):
    """An answer to an ask."""


R = TypeVar("R", bound=Reply)


class Ask(Message, Generic[R]):
    """A question that wants exactly one reply, an R, before a deadline. Subclasses set `topic`, `name` and `key_field`."""

    topic: ClassVar[str]
    name: ClassVar[str]
    key_field: ClassVar[str]
    # Whether its answer is worth nothing without a reader: then work at it ends when nobody waits for it any more.
    ends_unread: ClassVar[bool] = False
    # Whether so many are asked a second that those of a key that wait go to the broker in one record, and their topic is fetched apart.
    shares_records: ClassVar[bool] = False
    # The class R itself.
    reply: ClassVar[type[Reply]]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Take the reply from the class that a subclass names: `class ReserveCredits(Ask[CreditsReserved])`."""
        for arg in cls.__pydantic_generic_metadata__["args"]:
            if isinstance(arg, type):
                cls.reply = arg

    def to_json(self) -> bytes:
        """Return what an answerer reads, in UTF-8."""
        return self.model_dump_json().encode()

    def read_reply(self, body: bytes) -> R:
        """Return a reply from its JSON. Raise pydantic.ValidationError."""
        return cast("R", self.reply.model_validate_json(body))

    @property
    def key(self) -> str:
        """The Kafka key of the ask."""
        return str(getattr(self, self.key_field))


JsonObject = dict[str, Any]
