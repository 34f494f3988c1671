# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

x = torch.arange(6.0).view(2, 3)
results = {
    "x.view(3, 2)": x.view(3, 2),
    "x.reshape(3, 2)": x.reshape(3, 2),
    "x.t()": x.t(),
    "x.t().reshape(6)": x.t().reshape(6),
    "x.t().contiguous()": x.t().contiguous(),
    "x[:, 1:]": x[:, 1:],
    "x[:, [1, 2]]": x[:, [1, 2]],
    "x[x > 2]": x[x > 2],
    "x[0].expand(3, 3)": x[0].expand(3, 3),
    "x[0].repeat(3, 1)": x[0].repeat(3, 1),
}
new_bytes = []
for y in results.values():
    shared = y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    new_bytes.append(0 if shared else y.untyped_storage().nbytes())
labels = [f"{size} bytes" if size else "view" for size in new_bytes]
figure = plt.figure(figsize=(7, 3.5), layout="tight")
plt.bar_label(plt.barh(list(results), new_bytes), labels, padding=4)
plt.gca().invert_yaxis()
plt.xlim(0, 45)
plt.xlabel("new memory, bytes")
figure.savefig("view_or_copy.svg")
print(new_bytes)
#> [0, 0, 0, 24, 24, 0, 16, 12, 0, 36]
