# Needs: snippets
# Device: cpu
from snippets.ddp import ResumableSampler

sampler = ResumableSampler(8, seed=0)
whole = list(ResumableSampler(8, seed=0))

seen = []
for index in sampler:
    seen.append(index)
    sampler.advance(1)
    if len(seen) == 3:
        break
state = sampler.state_dict()

resumed = ResumableSampler(8, seed=0)
resumed.load_state_dict(state)
print(seen + list(resumed) == whole)
#> True
