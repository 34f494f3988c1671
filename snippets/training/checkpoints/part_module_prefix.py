from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

saved = nn.DataParallel(nn.Linear(4, 2)).state_dict()
print(list(saved))
#> ['module.weight', 'module.bias']
model = nn.Linear(4, 2)
try:
    model.load_state_dict(saved)
except RuntimeError as error:
    print("\n".join(line.strip() for line in str(error).splitlines()))
    #> Error(s) in loading state_dict for Linear:
    #> Missing key(s) in state_dict: "weight", "bias".
    #> Unexpected key(s) in state_dict: "module.weight", "module.bias".

consume_prefix_in_state_dict_if_present(saved, "module.")
print(model.load_state_dict(saved))
#> <All keys matched successfully>
