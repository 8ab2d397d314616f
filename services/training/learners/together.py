"""One fit by several processes: each learns from its part of every batch, and their gradients are joined before each step.

Every process draws the same batches and holds the same weights, so what they decide by themselves (when to stop, which epoch is best) is
the same in all of them. In a process of its own all of this is nothing. The processes are started and joined by whoever starts the fit
(`torch.distributed`).
"""

from typing import Final

import torch
import torch.distributed

RANKS_APART: Final = 7_919
"""Between the seeds of two processes, which leave out other units (dropout)."""


def processes() -> int:
    """Return how many processes there are."""
    return torch.distributed.get_world_size() if _joined() else 1


def rank() -> int:
    """Return which of them this is, from 0 on."""
    return torch.distributed.get_rank() if _joined() else 0


def part_of(batch: torch.Tensor) -> torch.Tensor:
    """Return this process's part of a batch; every part has a row when the batch has as many as there are processes."""
    return batch[rank() :: processes()]


def go_apart() -> None:
    """Seed what is drawn from here on by the process, so that not all leave out the same units."""
    if _joined():
        torch.manual_seed(torch.initial_seed() + rank() * RANKS_APART)


def join_gradients(net: torch.nn.Module, *, rows: int) -> None:
    """Replace the gradients of a mean loss over this process's `rows` by those of the mean over the rows of all."""
    if not _joined():
        return
    gradients = [parameter.grad for parameter in net.parameters() if parameter.grad is not None]
    joined = torch.cat([*(gradient.flatten() * rows for gradient in gradients), torch.tensor([float(rows)])])
    torch.distributed.all_reduce(joined)
    start = 0
    for gradient in gradients:
        gradient.copy_(joined[start : start + gradient.numel()].view_as(gradient) / joined[-1])
        start += gradient.numel()


def summed(*numbers: float) -> list[float]:
    """Return the sums over all processes."""
    if not _joined():
        return list(numbers)
    found = torch.tensor(numbers, dtype=torch.float64)
    torch.distributed.all_reduce(found)
    return [float(each) for each in found]


def _joined() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()
