# Needs: torch>=2.11
import re

import torch

address = re.search(r"https://[\w.]+/docs", torch.compile.__doc__)
print(address[0])
#> https://docs.pytorch.org/docs
