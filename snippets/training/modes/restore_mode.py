import torch
from torch import nn


def predict(model, x):
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        y = model(x)
    model.train(was_training)
    return y


model = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
print(predict(model, torch.ones(1, 4)).shape, model.training)
#> torch.Size([1, 2]) True
print(predict(model.eval(), torch.ones(1, 4)).shape, model.training)
#> torch.Size([1, 2]) False
