"""Why a training cannot be done, in words for the person who asked for it.

PlatformError
├── InvalidError
│   └── TrainingRefusedError       the request or its data; trying again gives the same answer
│       ├── NotEnoughDataError     too few rows are left
│       ├── SymbolMissingError     a symbol has no rows to train on, or none to test on
│       ├── ClassMissingError      a class has too few rows to be learned
│       ├── UnusableFeatureError   a feature is constant or has no values
│       └── ModelTooLargeError     the model would not fit
└── ArtifactMismatchError          what would be served differs from what was trained (ours to mend)
"""

from libs.chassis.errors import InvalidError, PlatformError


class TrainingRefusedError(InvalidError):
    """The request cannot be trained as it stands; `details` names the fields."""


class NotEnoughDataError(TrainingRefusedError):
    """Too few rows are left after warm-up, labels and the split."""


class SymbolMissingError(TrainingRefusedError):
    """A symbol would only be learned from, or only be tested on, or has no day in common with the others."""


class ClassMissingError(TrainingRefusedError):
    """A class has too few rows to be learned."""


class UnusableFeatureError(TrainingRefusedError):
    """A feature is constant over the training rows, or cannot be computed for these symbols."""


class ModelTooLargeError(TrainingRefusedError):
    """The model would take more memory than serving allows."""


class ArtifactMismatchError(PlatformError):
    """The saved model does not answer as the trained one does, so it is not kept."""
