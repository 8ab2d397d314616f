"""Ids and times of the examples in the OpenAPI document."""

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID

__all__ = ["AT", "JOB_ID", "MODEL_ID"]
