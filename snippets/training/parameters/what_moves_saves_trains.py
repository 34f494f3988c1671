import torch
from torch import nn

model = nn.Module()
model.weight = nn.Parameter(torch.zeros(2))
model.frozen = nn.Parameter(torch.zeros(2), requires_grad=False)
model.several = nn.ParameterList([torch.zeros(2)])
model.register_buffer("buffer", torch.zeros(2))
model.register_buffer("scratch", torch.zeros(2), persistent=False)
model.attribute = torch.zeros(2)
model.loose = [nn.Parameter(torch.zeros(2))]

saved = set(model.state_dict())
trained = {name for name, p in model.named_parameters() if p.requires_grad}
model.to("meta")
for name in "weight", "frozen", "several", "buffer", "scratch", "attribute", "loose":
    found = getattr(model, name)
    key, tensor = (name, found) if torch.is_tensor(found) else (f"{name}.0", found[0])
    print(f"{name:9}{tensor.is_meta!s:>7}{key in saved!s:>7}{key in trained!s:>7}")
#> weight      True   True   True
#> frozen      True   True  False
#> several     True   True   True
#> buffer      True   True  False
#> scratch     True  False  False
#> attribute  False  False  False
#> loose      False  False  False
