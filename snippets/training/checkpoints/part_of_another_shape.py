from torch import nn

saved = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 10)).state_dict()
model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
try:
    model.load_state_dict(saved, strict=False)
except RuntimeError as error:
    print("\n".join(line.strip() for line in str(error).splitlines()[:2]))
    #> Error(s) in loading state_dict for Sequential:
    #> size mismatch for 1.weight: copying a param with shape torch.Size([10, 3]) ...

own = model.state_dict()
fits = {k: v for k, v in saved.items() if k in own and v.shape == own[k].shape}
print(model.load_state_dict(fits, strict=False).missing_keys)
#> ['1.weight', '1.bias']
