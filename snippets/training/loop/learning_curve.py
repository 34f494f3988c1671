# Needs: matplotlib, sklearn, snippets
# Device: cpu
import contextlib
import runpy
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from snippets.checkpoints import Checkpoints, load

program = Path(__file__).with_name("train_digits.py")
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
    sys.argv[1:] = ["--folder", folder]
    runpy.run_path(str(program), run_name="__main__")
    history = load(Checkpoints(folder).latest())["history"]
losses, val_losses, accuracies = zip(*history)
epochs = range(1, len(history) + 1)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.plot(epochs, losses, "o-", label="train (during the epoch)")
left.plot(epochs, val_losses, "o--", label="validation")
left.set(xlabel="epoch", ylabel="loss", yscale="log")
left.legend()
right.plot(epochs, accuracies, "o--C1")
right.set(xlabel="epoch", ylabel="validation accuracy")
figure.savefig("learning_curve.svg")
print(f"loss {losses[0]:.2f} to {losses[-1]:.3f}, accuracy {max(accuracies):.1%}")
#> loss ... to ... accuracy ...
assert losses[-1] < losses[0] / 10
assert max(accuracies) > 0.97
