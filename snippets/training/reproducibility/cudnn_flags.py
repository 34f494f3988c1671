import torch

cudnn = torch.backends.cudnn


def show(when):
    flags = f"deterministic={cudnn.deterministic}, benchmark={cudnn.benchmark}"
    print(f"{when}: {flags}, PyTorch: {torch.are_deterministic_algorithms_enabled()}")


show("default")
#> default: deterministic=False, benchmark=False, PyTorch: False
cudnn.deterministic = True
cudnn.benchmark = False
show("set")
#> set: deterministic=True, benchmark=False, PyTorch: False
with cudnn.flags(enabled=True, deterministic=False, benchmark=True):
    show("inside")
    #> inside: deterministic=False, benchmark=True, PyTorch: False
show("after")
#> after: deterministic=True, benchmark=False, PyTorch: False
