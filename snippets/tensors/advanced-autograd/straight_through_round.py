import torch


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


x = torch.tensor([0.2, 1.7], requires_grad=True)
x.round().sum().backward()
print(x.grad)
#> tensor([0., 0.])

x.grad = None
y = Round.apply(x)
y.sum().backward()
print(y, x.grad)
#> tensor([0., 2.], grad_fn=<RoundBackward>) tensor([1., 1.])
