# Needs: snippets
import torch

from snippets.checkpoints import Checkpoints, load

model = torch.nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
files = Checkpoints("run", keep=2, best=1)

for step in range(4):
    loss = model(torch.ones(8, 4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    files.save(step, {"step": step, **state}, metric=loss.item())

state = load(files.latest())
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
print("go on after step", state["step"])
#> go on after step 3
