from torch import nn

norm = nn.BatchNorm1d(2)
print([name for name, _ in norm.named_parameters()])
#> ['weight', 'bias']
print([name for name, _ in norm.named_buffers()])
#> ['running_mean', 'running_var', 'num_batches_tracked']
print(norm.running_mean.requires_grad)
#> False
