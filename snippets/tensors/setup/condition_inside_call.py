import torch

wrong = "torch.device('cuda', if torch.cuda.is_available() else 'cpu')"
right = "torch.device('cuda' if torch.cuda.is_available() else 'cpu')"
try:
    eval(wrong)
except SyntaxError as error:
    print(type(error).__name__)
    #> SyntaxError

device = eval(right)
print(device)
#> ...
assert device.type == ("cuda" if torch.cuda.device_count() else "cpu")
