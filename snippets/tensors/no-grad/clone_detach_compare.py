import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
copies = {
    "clone": x.clone(),
    "detach": x.detach(),
    "detach_clone": x.detach().clone(),
}
for name, t in copies.items():
    shares = t.data_ptr() == x.data_ptr()
    print(f"{name:13}{shares!s:6}{t.requires_grad!s:6}{t.is_leaf}")
#> clone        False True  False
#> detach       True  False True
#> detach_clone False False True
print(copies["clone"].grad_fn.name())
#> CloneBackward0
