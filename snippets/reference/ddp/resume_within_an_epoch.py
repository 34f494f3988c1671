# Needs: snippets
# Device: cpu
from torch.utils.data import DataLoader

from snippets.ddp import ResumableSampler


def train(sampler, most=None):
    loader = DataLoader(range(8), batch_size=3, sampler=sampler, drop_last=True)
    used = []
    while sampler.epoch < 2:
        for batch in loader:
            sampler.advance(len(batch))  # the number of samples
            used.append(batch.tolist())
            if len(used) == most:
                return used
    return used


whole = train(ResumableSampler(8))

stopped = ResumableSampler(8)
used = train(stopped, most=3)
state = stopped.state_dict()
print(state["epoch"], state["position"])
#> 1 3
resumed = ResumableSampler(8)
resumed.load_state_dict(state)
print(used + train(resumed) == whole, len(whole))
#> True 4
