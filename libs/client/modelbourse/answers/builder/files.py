"""What Model Builder answers about the files of an account's data root."""

from typing import Final

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, Answer, Moment

PATH: Final = "data/news_dataset.json"
SHA256: Final = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


class BuilderFile(Answer):
    """A file of the data root."""

    path: str = Field(description="Relative to the data root.", examples=[PATH])
    size: int = Field(description="Bytes.", examples=[48211])
    sha256: str = Field(description="Of its bytes.", examples=[SHA256])
    content_type: str = Field(description="By the ending of its name.", examples=["application/json"])
    made_at: Moment = Field(description="When it was put there.", examples=[AT])
    made_by: str | None = Field(description="The job that has made it; null for a file that was sent.", examples=[JOB_ID])


class BuilderFilesDeleted(Answer):
    """What was deleted."""

    path: str = Field(description="The file, or the folder.", examples=[PATH])
    deleted: int = Field(description="How many files that were.", examples=[1])
