# Device: cpu
from torch.utils.data import DataLoader


def progress(loader, title, width=20):
    for step, batch in enumerate(loader, 1):
        yield batch
        bar = "#" * (width * step // len(loader))
        print(f"{title} [{bar:.<{width}}] {step}/{len(loader)}")


total = 0
loader = DataLoader(range(10), batch_size=3)
for batch in progress(loader, "epoch 1"):
    total += batch.sum().item()
#> epoch 1 [#####...............] 1/4
#> epoch 1 [##########..........] 2/4
#> epoch 1 [###############.....] 3/4
#> epoch 1 [####################] 4/4
print(total)
#> 45
