import torch
from torch.autograd import Function, gradcheck


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 2 * x**2


x = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
try:
    gradcheck(Cube.apply, x)
except RuntimeError as error:
    print(str(error).strip())
    #> Jacobian mismatch for output 0 with respect to input 0,
    #> numerical:tensor([[12.0000]], dtype=torch.float64)
    #> analytical:tensor([[8.]], dtype=torch.float64)
