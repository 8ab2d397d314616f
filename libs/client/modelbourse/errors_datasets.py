"""How waiting for the check of a dataset can end otherwise than well."""

from modelbourse.answers.datasets import Dataset
from modelbourse.errors import ModelbourseError


class DatasetRefusedError(ModelbourseError):
    """A dataset that was waited for cannot be used; `dataset.health` says why, and its warnings."""

    def __init__(self, message: str, dataset: Dataset) -> None:
        super().__init__(message)
        self.dataset = dataset
