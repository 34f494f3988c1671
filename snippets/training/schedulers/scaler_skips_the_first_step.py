import warnings

import torch
from torch.optim.lr_scheduler import StepLR

for check_scale in (False, True):
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    scaler = torch.amp.GradScaler(w.device.type)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for factor in (float("inf"), 2.0):
            optimizer.zero_grad()
            scaler.scale((factor * w).sum()).backward()
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            if not check_scale or scaler.get_scale() >= scale:
                scheduler.step()
    for warning in caught:
        print(warning.message)
    print(check_scale, scheduler.get_last_lr())
#> Detected call of `lr_scheduler.step()` before `optimizer.step()`. ...
#> False [0.025]
#> True [0.05]
