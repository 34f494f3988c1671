# Needs: snippets
# Warns: UserWarning
import torch

from snippets.checkpoints import Checkpoints, load

files = Checkpoints("run", keep=2, best=1, mode="max")
print(files.latest())
#> None
for epoch, accuracy in enumerate([0.91, 0.95, 0.93, 0.94, 0.92], 1):
    files.save(epoch, {"epoch": epoch, "weight": torch.eye(2)}, metric=accuracy)

for path in sorted(files.folder.iterdir()):
    print(path.name)
#> step-000000002_metric=0.95.pt
#> step-000000004_metric=0.94.pt
#> step-000000005_metric=0.92.pt
print(files.latest().name, load(files.best())["epoch"])
#> step-000000005_metric=0.92.pt 2

files.latest().write_bytes(b"half a file")
print(files.latest().name)
#> step-000000004_metric=0.94.pt
