import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(0.0, requires_grad=True)
for step in range(501):
    loss = ((w * x + b - target) ** 2).mean()
    loss.backward()
    if step in (0, 1, 10, 500):
        print(f"step {step:3}  loss {loss:.3f}  w {w:.3f}  b {b:.3f}")
    with torch.no_grad():
        w -= 0.1 * w.grad
        b -= 0.1 * b.grad
    w.grad = b.grad = None
#> step   0  loss 13.500  w 1.000  b 0.000
#> step   1  loss 6.090  w 3.000  b 0.700
#> step  10  loss 0.036  w 2.127  b 0.556
#> step 500  loss 0.000  w 2.000  b 1.000
print(w.is_leaf, w.requires_grad)
#> True True
