"""Two processes that fit together learn what one would: the same batches, gradients joined by rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed
import torch.multiprocessing

from services.training.learners.epochs import in_batches
from services.training.learners.together import join_gradients, processes

ROWS, SIZE = 103, 20  # The last batch has three rows, so the parts of two processes are unlike.


def learn(steps: int = 3) -> dict[str, Any]:
    """Fit a small network to something; the same in any process."""
    torch.manual_seed(0)
    x = torch.randn(ROWS, 4)
    y = x.sum(dim=1, keepdim=True) ** 2
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    losses = []

    def batch(places: torch.Tensor) -> tuple[float, int]:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x[places]), y[places])
        loss.backward()
        join_gradients(net, rows=len(places))
        optimizer.step()
        return float(loss.detach()) * len(places), len(places)

    for epoch in range(steps):
        torch.manual_seed(epoch)
        losses.append(in_batches(ROWS, size=SIZE, of=batch))
    return {"weights": [each.detach().numpy().copy() for each in net.parameters()], "losses": losses, "processes": processes()}


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    learned = learn()
    np.savez(f"{folder}/{rank}.npz", *learned["weights"], losses=learned["losses"], processes=learned["processes"])
    torch.distributed.destroy_process_group()


def test_two_processes_come_to_the_same_weights_as_one(tmp_path: Path) -> None:
    alone = learn()

    # This process is one of the two.
    other = torch.multiprocessing.get_context("spawn").Process(target=worker, args=(1, str(tmp_path)))
    other.start()
    worker(0, str(tmp_path))
    other.join()

    first, second = (np.load(tmp_path / f"{rank}.npz") for rank in (0, 1))
    assert first["processes"] == 2
    for place, weights in enumerate(alone["weights"]):
        assert (first[f"arr_{place}"] == second[f"arr_{place}"]).all()
        assert first[f"arr_{place}"] == pytest.approx(weights, abs=1e-5)
    assert first["losses"] == pytest.approx(np.array(alone["losses"]), rel=1e-4)
    assert alone["losses"][-1][1] == ROWS
