# Needs: snippets
import torch
from snippets.freezing import freeze
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
frozen = freeze(model)
print(type(model[1]) is nn.BatchNorm2d)
#> True
print(len(torch.fx.symbolic_trace(model).graph.nodes))
#> 5
fused = nn.utils.fusion.fuse_conv_bn_eval(model[0].eval(), model[1])
print(fused.weight.shape)
#> torch.Size([4, 3, 3, 3])

try:
    torch.jit.script(model)
except TypeError as error:
    print(str(error).split(": ")[1])
    #> call restore() or unfreeze() first
frozen.restore()
print(type(torch.jit.script(model)).__name__)
#> RecursiveScriptModule
