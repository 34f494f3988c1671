from torch import nn

norm = nn.BatchNorm1d(2)
print([name for name, _ in norm.named_parameters()])
#> ['weight', 'bias']
for name, buffer in norm.named_buffers():
    print(name, buffer.tolist(), buffer.dtype)
#> running_mean [0.0, 0.0] torch.float32
#> running_var [1.0, 1.0] torch.float32
#> num_batches_tracked 0 torch.int64
