import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([3.0, 5.0, 7.0, 9.0])
w = torch.tensor(1.0, requires_grad=True)
with torch.no_grad():
    inside_no_grad = w * x
frozen = torch.nn.Linear(4, 4).requires_grad_(False)

for prediction in (inside_no_grad, w.detach() * x, w.item() * x, frozen(x)):
    loss = ((prediction - target) ** 2).mean()
    try:
        loss.backward()
    except RuntimeError as error:
        print(error)
#> element 0 of tensors does not require grad and does not have a grad_fn
#> element 0 of tensors does not require grad and does not have a grad_fn
#> element 0 of tensors does not require grad and does not have a grad_fn
#> element 0 of tensors does not require grad and does not have a grad_fn

loss = ((w * x - target) ** 2).mean()
loss.backward()
print(w.grad)
#> tensor(-20.)
