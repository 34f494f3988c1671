from torch import nn

old = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
new = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
try:
    new.load_state_dict(old.state_dict())
except RuntimeError as error:
    print("\n".join(line.strip() for line in str(error).splitlines()))
    #> Error(s) in loading state_dict for Sequential:
    #> Missing key(s) in state_dict: "2.weight", "2.bias".

result = new.load_state_dict(old.state_dict(), strict=False)
print(result.missing_keys, result.unexpected_keys)
#> ['2.weight', '2.bias'] []
assert not result.unexpected_keys
