import torch

w = torch.tensor(2.0, requires_grad=True)
for training in (True, False):
    with torch.set_grad_enabled(training):
        print(torch.is_grad_enabled(), (w * 3).requires_grad)
#> True True
#> False False

with torch.no_grad():
    with torch.enable_grad():
        print((w * 3).requires_grad)
        #> True
    print((w * 3).requires_grad)
    #> False
