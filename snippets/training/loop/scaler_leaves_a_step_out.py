import torch

weight = torch.tensor([1.0], requires_grad=True)
device = weight.device.type
optimizer = torch.optim.SGD([weight], lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
scaler = torch.amp.GradScaler(device, init_scale=65536.0)

for factor in (float("inf"), 2.0):
    loss = (weight * factor).sum()
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scale = scaler.get_scale()
    scaler.step(optimizer)
    scaler.update()
    if scaler.get_scale() >= scale:
        scheduler.step()
    print(weight.grad.tolist(), weight.tolist())
    print(scaler.get_scale(), scheduler.get_last_lr())
#> [inf] [1.0]
#> 32768.0 [0.1]
#> [2.0] [0.800000011920929]
#> 32768.0 [0.05]

off = torch.amp.GradScaler(device, enabled=False)
print(off.scale(torch.tensor(3.0)).item(), off.get_scale(), off.state_dict())
#> 3.0 1.0 {}
