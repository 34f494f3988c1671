import torch
import torch.nn.functional as F
from torch import nn

x = torch.tensor([[-1.0, 2.0, 3.0, -4.0]])
print(nn.ReLU()(x), F.relu(x))
#> tensor([[0., 2., 3., 0.]]) tensor([[0., 2., 3., 0.]])
for of_class, of_function in [
    (nn.Softmax(dim=1)(x), F.softmax(x, dim=1)),
    (nn.LayerNorm(4)(x), F.layer_norm(x, (4,))),
]:
    print(of_class.detach())
    assert torch.equal(of_class, of_function)
#> tensor([[1.3204e-02, 2.6521e-01, 7.2092e-01, 6.5740e-04]])
#> tensor([[-0.3651,  0.7303,  1.0954, -1.4606]])

linear = nn.Linear(4, 3)
assert torch.equal(linear(x), F.linear(x, linear.weight, linear.bias))
