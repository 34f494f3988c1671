import torch

dtypes = {x for x in vars(torch).values() if isinstance(x, torch.dtype)}
print(len(dtypes))
#> ...
nine = {
    torch.float32, torch.float64, torch.float16, torch.uint8, torch.int8,
    torch.int16, torch.int32, torch.int64, torch.bool,
}  # fmt: skip
assert len(dtypes) > len(nine)

more = sorted(str(dtype) for dtype in dtypes - nine)
print([name for name in more if name.startswith(("torch.bf", "torch.complex"))])
#> ['torch.bfloat16', 'torch.complex128', 'torch.complex32', 'torch.complex64']
print([name for name in more if name in ("torch.uint16", "torch.float8_e5m2")])
#> ['torch.float8_e5m2', 'torch.uint16']
