from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        self.output = nn.Linear(4, 3)


try:
    Classifier()
except AttributeError as error:
    print(error)
    #> cannot assign module before Module.__init__() call
