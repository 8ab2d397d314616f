"""The registry: a name's versions, told whenever one of them comes, is promoted or archived, or an alias moves."""

from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Event, Message, Moment


class RegisteredVersionTold(Message):
    """A version of a name as it is now."""

    number: int = Field(ge=1)
    model_id: str
    model_version: str
    job_id: str = Field(description="The training that made it.")
    # No enumeration: a reader of an older release must be able to read a status that it does not know.
    status: str = Field(description="registered, staging, production or archived.")
    description: str = ""
    tags: tuple[str, ...] = ()
    metrics: dict[str, float | None] = Field(default_factory=dict, description="The platform's own, out of sample.")
    reported: dict[str, float] = Field(default_factory=dict, description="What its owner has said of it.")
    created_at: Moment


class RegistryChanged(Event):
    """Something of a name has changed: carries the versions that have, which one is in production, and all aliases."""

    topic: ClassVar[str] = "registry.changed"
    key_field: ClassVar[str] = "registry_id"

    registry_id: str
    account_id: str
    name: str
    changed: tuple[RegisteredVersionTold, ...] = Field(description="The versions that are new or not as they were.")
    removed: tuple[int, ...] = Field((), description="The versions that were deleted.")
    production: int | None = Field(description="The number in production; null where none is.")
    aliases: dict[str, int] = Field(description="All of them, by name.")
