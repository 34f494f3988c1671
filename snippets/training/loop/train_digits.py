# Needs: sklearn, snippets
# Device: cpu
"""Learn the 8x8 digits of scikit-learn. Stop at any time; --resume continues."""
import argparse
import sys

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from snippets.checkpoints import Checkpoints, load
from snippets.seeding import RNGState, seed_everything


def load_data(seed):
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    dataset = TensorDataset(images, torch.tensor(digits.target))
    generator = torch.Generator().manual_seed(seed)  # the same split when it resumes
    train, val, test = random_split(dataset, [1197, 300, 300], generator=generator)
    loader = DataLoader(train, batch_size=64, shuffle=True)
    return loader, DataLoader(val, batch_size=300), DataLoader(test, batch_size=300)


def build(device, total_steps):
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(32 * 4 * 4, 10),
    ).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps)
    scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, scaler=scaler)


def train_epoch(batches, device, model, optimizer, scheduler, scaler):
    model.train()
    total, count = 0.0, 0
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        with torch.autocast(device, dtype=torch.float16, enabled=scaler.is_enabled()):
            loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        scale = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        if scaler.get_scale() >= scale:  # otherwise the step was skipped
            scheduler.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count


@torch.inference_mode()
def evaluate(model, loader, device):
    model.eval()
    loss, right, count = 0.0, 0, len(loader.dataset)
    for images, labels in loader:
        logits, labels = model(images.to(device)), labels.to(device)
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        right += (logits.argmax(dim=1) == labels).sum().item()
    return loss / count, right / count


def progress(loader, title, width=30):
    for step, batch in enumerate(loader, 1):
        yield batch
        if sys.stderr.isatty():
            bar = "#" * (width * step // len(loader))
            end = "\r" if step < len(loader) else "\r\033[K"  # clear the finished bar
            print(f"{title} [{bar:.<{width}}]", end=end, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default="digits", help="for the checkpoints")
    parser.add_argument("--resume", action="store_true", help="resume the last run")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    best_device = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", choices=["cpu", "cuda"], default=best_device)
    args = parser.parse_args()

    torch.set_num_threads(1)  # faster for a model this small
    seed_everything(args.seed)
    train_loader, val_loader, test_loader = load_data(args.seed)
    parts = build(args.device, args.epochs * len(train_loader))
    model = parts["model"]
    saved = parts | {"rng": RNGState()}  # last: nothing draws after it is restored

    files = Checkpoints(args.folder, keep=2, best=1, mode="max")
    run, history = {"epochs": args.epochs, "seed": args.seed}, []
    if path := files.latest():
        state = load(path)
        if not args.resume or state["run"] != run:
            parser.error(f"{path} is of {state['run']}; resume it or change --folder")
        for name, part in saved.items():
            part.load_state_dict(state[name])
        history = state["history"]

    for epoch in range(len(history) + 1, args.epochs + 1):
        batches = progress(train_loader, f"epoch {epoch}")
        loss = train_epoch(batches, args.device, **parts)
        row = [loss, *evaluate(model, val_loader, args.device)]
        print("epoch {}  loss {:.3f}  val {:.3f}  accuracy {:.1%}".format(epoch, *row))
        history.append(row)
        state = {name: part.state_dict() for name, part in saved.items()}
        files.save(epoch, state | {"run": run, "history": history}, metric=row[-1])

    model.load_state_dict(load(files.best())["model"])
    print(f"test accuracy {evaluate(model, test_loader, args.device)[1]:.1%}")


if __name__ == "__main__":
    try:
        main()
        #> epoch 1  loss ...  val ...  accuracy ...
        #> epoch 2  loss ...  val ...  accuracy ...
        #> epoch 3  loss ...  val ...  accuracy ...
        #> epoch 4  loss ...  val ...  accuracy ...
        #> epoch 5  loss ...  val ...  accuracy ...
        #> epoch 6  loss ...  val ...  accuracy ...
        #> test accuracy ...
    except KeyboardInterrupt:
        sys.exit("stopped; the same command with --resume continues")
