import torch
from torch.autograd import Function, gradcheck


class Swish(Function):
    @staticmethod
    def forward(x):
        return x * x.sigmoid()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        s = x.sigmoid()
        return grad_output * (s + x * s * (1 - s))


x = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64, requires_grad=True)
print(Swish.apply(x))
#> tensor([-0.2689,  0.0000,  1.7616], dtype=torch.float64,
#>        grad_fn=<SwishBackward>)
print(gradcheck(Swish.apply, x))
#> True
