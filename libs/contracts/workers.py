"""Who can be trained by several workers at once."""

from libs.contracts.algorithms import ALGORITHMS


def check_workers(algorithm: str, *, num_workers: int) -> dict[str, list[str]]:
    """Return what is wrong with so many workers for an algorithm, by field; empty when nothing is.

    What is trained in epochs can be shared: its workers learn from parts of each batch and join their gradients.
    """
    if num_workers == 1 or algorithm not in ALGORITHMS or _shareable(algorithm):
        return {}
    those = ", ".join(name for name in ALGORITHMS if _shareable(name))
    return {
        "training_config.num_workers": [f"{algorithm} is trained by one worker: must be 1; algorithms that several can train: {those}."]
    }


def _shareable(algorithm: str) -> bool:
    return "max_epochs" in ALGORITHMS[algorithm].hyperparameters
