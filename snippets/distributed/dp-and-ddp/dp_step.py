# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

batch = torch.tensor([1.0, 2.0, 3.0, 4.0])
weight = torch.tensor(1.0, requires_grad=True)
outputs = [weight.clone() * part for part in batch.chunk(2)]
loss = torch.cat(outputs).square().mean()
loss.backward()
print(loss, weight.grad)
#> tensor(7.5000, grad_fn=<MeanBackward0>) tensor(15.)

boxes = {
    (0, 4): f"1  batch {batch.tolist()}",
    (0, 3): "2  weight 1, half the batch",
    (1, 3): "2  copy of weight, half the batch",
    (0, 2): f"3  output {outputs[0].tolist()}",
    (1, 2): f"3  output {outputs[1].tolist()}",
    (0, 1): f"4  gather: loss {loss:g}",
    (0, 0): f"5  grad {weight.grad:g}, step: weight {1 - 0.01 * weight.grad:g}",
}
figure = plt.figure(figsize=(7.2, 3.6), layout="constrained")
plt.axis([-0.6, 1.6, -0.4, 5])
plt.axis("off")
for *x, top in [(0, 0, y) for y in range(1, 5)] + [(0, 1, 4), (1, 1, 3), (1, 0, 2)]:
    plt.plot(x, [top - 0.2, top - 0.8], "C1", linewidth=0.8)
for (x, y), text in {(0, 4.8): "GPU 0", (1, 4.8): "GPU 1", **boxes}.items():
    box = {"boxstyle": "round", "facecolor": "none"} if y < 4.5 else None
    plt.text(x, y, text, ha="center", va="center", size="small", bbox=box)
figure.savefig("dp_step.svg")
