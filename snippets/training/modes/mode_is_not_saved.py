from torch import nn

trained = nn.Sequential(nn.Linear(4, 2), nn.Dropout()).eval()
model = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
model.load_state_dict(trained.state_dict())
print(trained.training, model.training)
#> False True
