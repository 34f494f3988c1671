import torch

w = torch.tensor([-1.0, 2.0], requires_grad=True)
optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    loss.backward()
    return loss


for step in range(5):
    optimizer.step(closure)
print([f"{x:.3f}" for x in w.tolist()])
#> ['1.000', '1.000']
try:
    optimizer.step()
except TypeError as error:
    print(error)
    #> LBFGS.step() missing 1 required positional argument: 'closure'
