import torch

x = torch.arange(6).view(1, 2, 3)
groups = {
    "reshaped": (x.view(3, 2), x.reshape(3, 2), x.flatten(), x[0].unflatten(1, (3, 1))),
    "swapped": (x.permute(2, 0, 1), x.transpose(1, 2), x.movedim(0, 2), x.mT, x[0].t()),
    "length 1": (x.squeeze(0), x.unsqueeze(0), x.expand(4, 2, 3)),
    "split": (*x.split(1, 1), *x.chunk(2, 1), *x.tensor_split(2, 1), *x.unbind(1)),
    "sliced": (x[:, 1:], x[0, :, 0]),
    "repeated": (x.repeat(1, 1, 1), x.tile(1), x.repeat_interleave(1)),
    "reordered": (x.flip(0), x.roll(1)),
    "joined": (torch.cat((x, x)), torch.stack((x, x))),
    "picked": (x[[0]], x[x > 2]),
}
memory = x.untyped_storage().data_ptr()
for name, results in groups.items():
    print(name, {y.untyped_storage().data_ptr() == memory for y in results})
#> reshaped {True}
#> swapped {True}
#> length 1 {True}
#> split {True}
#> sliced {True}
#> repeated {False}
#> reordered {False}
#> joined {False}
#> picked {False}
