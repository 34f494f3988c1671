import torch

w = torch.tensor(2.0, requires_grad=True)
for training in (True, False):
    with torch.set_grad_enabled(training):
        print(training, w * 3)
#> True tensor(6., grad_fn=<MulBackward0>)
#> False tensor(6.)

with torch.no_grad():
    print(torch.is_grad_enabled(), w * 3)
    #> False tensor(6.)
    with torch.enable_grad():
        print(torch.is_grad_enabled(), w * 3)
        #> True tensor(6., grad_fn=<MulBackward0>)
