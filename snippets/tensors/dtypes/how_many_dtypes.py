import torch

dtypes = {x for x in vars(torch).values() if isinstance(x, torch.dtype)}
print(len(dtypes))
#> ...
assert len(dtypes) > 9
nine = {
    torch.float32, torch.float64, torch.float16, torch.uint8, torch.int8,
    torch.int16, torch.int32, torch.int64, torch.bool,
}  # fmt: skip
others = {torch.bfloat16, torch.complex64, torch.complex128, torch.uint16}
print(others <= dtypes - nine)
#> True
