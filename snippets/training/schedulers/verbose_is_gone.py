# Needs: torch>=2.7
from torch import nn, optim
from torch.optim.lr_scheduler import ReduceLROnPlateau

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
try:
    ReduceLROnPlateau(optimizer, patience=3, verbose=True)
except TypeError as error:
    print(error)
    #> ReduceLROnPlateau.__init__() got an unexpected keyword argument 'verbose'

scheduler = ReduceLROnPlateau(optimizer, patience=0)
for epoch, loss in enumerate([0.5, 0.6, 0.4]):
    optimizer.step()
    before = scheduler.get_last_lr()
    scheduler.step(loss)
    if scheduler.get_last_lr() != before:
        print(f"epoch {epoch}: lr {before[0]:g} -> {scheduler.get_last_lr()[0]:g}")
#> epoch 1: lr 0.1 -> 0.01
