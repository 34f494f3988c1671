# Needs: matplotlib
# Device: cpu
import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
n = 10_000
weights = torch.tensor([1.0, 0.0, 3.0])
samples = {
    "rand(n)": torch.rand(n),
    "randn(n)": torch.randn(n),
    "normal(10.0, 2.0, (n,))": torch.normal(10.0, 2.0, (n,)),
    "randint(1, 7, (n,))": torch.randint(1, 7, (n,)),
    "bernoulli(full((n,), 0.3))": torch.bernoulli(torch.full((n,), 0.3)),
    "multinomial(weights, n, True)": torch.multinomial(weights, n, True),
}
print([f"{values.double().std():.1f}" for values in samples.values()])
#> ['0.3', '1.0', '2.0', '1.7', '0.5', '0.9']

figure, grid = plt.subplots(2, 3, figsize=(9, 4.5), layout="constrained")
for axes, (call, values) in zip(grid.flat, samples.items()):
    if torch.equal(values, values.round()):
        axes.hist(values, torch.arange(values.max() + 2) - 0.5, rwidth=0.6, color="C1")
    else:
        axes.hist(values, bins=40, color="C0")
    axes.locator_params(axis="x", integer=True)
    axes.set_title(call)
figure.savefig("histograms.svg")
