# Needs: snippets
# Device: cpu
import torch
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset

from snippets.ddp import EvalSampler, distributed, weighted_mean
from snippets.launching import launch


def evaluate():
    with distributed(device="cpu") as here:
        torch.manual_seed(0)
        model = DistributedDataParallel(torch.nn.Linear(1, 1))
        data = TensorDataset(torch.arange(5.0).view(5, 1))
        loader = DataLoader(data, batch_size=5, sampler=EvalSampler(data))
        with torch.no_grad():
            (x,) = next(iter(loader))
            loss = model(x).mean().item()
        mean = weighted_mean(loss, len(x))
        del model
        return here.rank, len(x), round(mean, 4)


if __name__ == "__main__":
    print(launch(evaluate, 1))
    #> [(0, 5, 0.5215)]
    print(launch(evaluate, 2))
    #> [(0, 3, 0.5215), (1, 2, 0.5215)]
