# Needs: sklearn, snippets
# Run: torchrun --nproc-per-node=2 FILE
"""Learn the 8x8 digits of scikit-learn with DDP; goes on from its last checkpoint."""
import argparse
import contextlib
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset, random_split

from snippets.checkpoints import Checkpoints, load
from snippets.ddp import EvalSampler, distributed, weighted_mean
from snippets.seeding import derive_seed, seed_everything


def load_data():
    images, labels = map(torch.tensor, load_digits(return_X_y=True))
    dataset = TensorDataset(images.float().view(-1, 1, 8, 8) / 16, labels)
    train, val = random_split(dataset, [1497, 300], torch.Generator().manual_seed(0))
    train_loader = DataLoader(train, batch_size=32, sampler=DistributedSampler(train))
    return train_loader, DataLoader(val, batch_size=100, sampler=EvalSampler(val))


@torch.no_grad()
def evaluate(model, loader, device):
    model.eval()
    loss, right, count = 0.0, 0, len(loader.sampler)  # of this rank
    for images, labels in loader:
        logits, labels = model(images.to(device)), labels.to(device)
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        right += (logits.argmax(dim=1) == labels).sum().item()
    return weighted_mean(loss / count, count), weighted_mean(right / count, count)


def train_epoch(model, loader, optimizer, device, accumulate=2):
    model.train()
    for images, labels in loader:
        parts = [x.to(device).chunk(accumulate) for x in (images, labels)]
        optimizer.zero_grad()
        for number, (x, y) in enumerate(zip(*parts), 1):
            last = number == len(parts[0])  # only its backward() averages over ranks
            with contextlib.nullcontext() if last else model.no_sync():
                loss = nn.functional.cross_entropy(model(x), y, reduction="sum")
                (loss / len(labels)).backward()
        optimizer.step()


def train(args, here):
    seed_everything(0, rank=0)
    train_loader, val_loader = load_data()
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(512, 10),
    ).to(here.device)
    model = DistributedDataParallel(net)
    # After the first backward() DDP sums in another order: let it come before all that
    # counts, or a run resumed on 3 or more processes differs in the last bits.
    model(torch.zeros(1, 1, 8, 8, device=here.device)).sum().backward()
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)
    parts = {"net": net, "optimizer": optimizer, "scheduler": scheduler}
    files, history = Checkpoints(args.folder, keep=2), []
    run = {"epochs": args.epochs, "lr": args.lr}
    if path := files.latest():
        state = load(path, map_location=here.device)
        if state["run"] != run:
            raise SystemExit(f"{path} is of {state['run']}: take another --folder")
        for name, part in parts.items():
            part.load_state_dict(state[name])
        history = state["history"]

    for epoch in range(len(history) + 1, args.epochs + 1):
        train_loader.sampler.set_epoch(epoch)  # else each epoch has the same order
        seed_everything(derive_seed(0, epoch), rank=here.rank)  # for dropout
        train_epoch(model, train_loader, optimizer, here.device)
        scheduler.step()
        history.append(evaluate(net, val_loader, here.device))
        state = {name: part.state_dict() for name, part in parts.items()}
        files.save(epoch, state | {"run": run, "history": history})  # rank 0 writes
        if here.is_main:
            print("epoch {}  val {:.3f}  accuracy {:.1%}".format(epoch, *history[-1]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default="digits", help="seen by all ranks")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--lr", type=float, default=0.1)
    enough = torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    args = parser.parse_args()
    torch.set_num_threads(1)  # faster for a model this small
    with distributed(device="cuda" if enough else "cpu") as here:
        train(args, here)
        #> epoch 1  val ...  accuracy ...
        #> epoch 2  val ...  accuracy ...
        #> epoch 3  val ...  accuracy ...
        #> epoch 4  val ...  accuracy ...
