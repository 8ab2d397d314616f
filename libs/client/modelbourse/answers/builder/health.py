"""What Model Builder answers about its health."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, Answer, Moment

HealthWord = Literal["healthy", "degraded", "unhealthy"]
VERSION: Final = "1.0.0"


class BuilderDependencies(Answer):
    """What Model Builder stands on."""

    storage: Literal["accessible", "unreachable"] = Field(description="The artifact store, where files and models lie.")


class BuilderHealth(Answer):
    """Whether Model Builder works."""

    status: HealthWord = Field(description="`unhealthy` where nothing can be trained or stored.")
    timestamp: Moment = Field(description="When it was looked at (UTC).", examples=[AT])
    version: str = Field(description="The version of this API.", examples=[VERSION])
    dependencies: BuilderDependencies = Field(description="What it stands on.")
