from torch import nn


def load_part(model, saved):
    own = model.state_dict()
    fits = {k: v for k, v in saved.items() if k in own and v.shape == own[k].shape}
    if not fits:
        raise ValueError(f"nothing fits: {list(saved)[:2]}, expected {list(own)[:2]}")
    model.load_state_dict(fits, strict=False)
    return sorted(own.keys() - fits.keys()), sorted(saved.keys() - fits.keys())


saved = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 10)).state_dict()
model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
not_loaded, not_used = load_part(model, saved)
print(not_loaded, not_used)
#> ['1.bias', '1.weight'] ['1.bias', '1.weight']
for wrapped in ({"epoch": 3, "model": saved}, {"module." + k: saved[k] for k in saved}):
    try:
        load_part(model, wrapped)
    except ValueError as error:
        print(error)
#> nothing fits: ['epoch', 'model'], expected ['0.weight', '0.bias']
#> nothing fits: ['module.0.weight', 'module.0.bias'], expected ['0.weight', '0.bias']
