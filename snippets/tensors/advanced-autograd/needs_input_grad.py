import torch


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx, grad_output):
        print(ctx.needs_input_grad)
        x, w = ctx.saved_tensors
        grad_x = grad_w = None
        if ctx.needs_input_grad[0]:
            grad_x = grad_output @ w.T
        if ctx.needs_input_grad[1]:
            grad_w = x.T @ grad_output
        return grad_x, grad_w


x = torch.tensor([[1.0, 2.0]])
w = torch.tensor([[3.0], [4.0]], requires_grad=True)
Product.apply(x, w).backward()
#> (False, True)
print(x.grad, w.grad.tolist())
#> None [[1.0], [2.0]]
