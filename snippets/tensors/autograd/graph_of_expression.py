# Needs: matplotlib
import matplotlib.pyplot as plt
import torch

a = torch.tensor(4.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
loss = (a * b + b) ** 2
sent, depth, walk = {}, {loss.grad_fn: 0}, [loss.grad_fn]
for node in walk:
    node.register_hook(lambda grads, _, node=node: sent.update({node: grads}))
    for source, _ in node.next_functions:
        depth[source] = depth[node] + 1
        walk.append(source)
loss.backward()
plt.figure(figsize=(8, 3)).add_axes((0, 0, 1, 1)).axis("off")
name, at = {a: "a", b: "b"}, {}
for node, d in depth.items():
    leaf = getattr(node, "variable", None)
    at[node] = 0.9 - 0.27 * d, 0.15 if leaf is b else 0.4 + 0.15 * d
    text = f"{name[leaf]}.grad = {leaf.grad}" if leaf in name else type(node).__name__
    plt.text(*at[node], text, ha="center", va="center")
arrow = {"arrowstyle": "->", "color": "C0", "shrinkA": 48, "shrinkB": 48}
for node, grads in sent.items():
    for (source, _), grad in zip(node.next_functions, grads):
        (x, y), (x2, y2) = at[node], at[source]
        plt.annotate("", (x2, y2), (x, y), arrowprops=arrow)
        plt.text((x + x2) / 2, (y + y2) / 2 + 0.04, f"{grad}", color="C1", ha="right")
plt.gcf().savefig("graph_of_expression.svg")
print(a.grad, b.grad)
#> tensor(90.) tensor(150.)
