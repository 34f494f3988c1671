# Needs: snippets
import torch
from snippets.checkpoints import Checkpoints, load

files = Checkpoints("run", keep=2, best=1)
for epoch, loss in enumerate([0.9, 0.4, 0.6, 0.5]):
    state = {"epoch": epoch, "weight": torch.ones(2)}
    files.save(epoch, state, metric=loss)
for path in sorted(files.folder.glob("*.pt")):
    print(path.name)
#> step-000000001_metric=0.4.pt
#> step-000000002_metric=0.6.pt
#> step-000000003_metric=0.5.pt
print(load(files.latest())["epoch"], load(files.best())["epoch"])
#> 3 1
