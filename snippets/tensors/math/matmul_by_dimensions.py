import torch

vector = torch.tensor([1.0, 2.0, 3.0])
matrix = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
print(vector @ vector)
#> tensor(14.)
print(matrix @ vector)
#> tensor([1., 4.])
print((matrix @ matrix.mT).tolist())
#> [[1.0, 0.0], [0.0, 4.0]]

batch = torch.zeros(8, 4, 3)
print(torch.matmul(batch, vector).shape)
#> torch.Size([8, 4])
print((matrix @ batch.mT).shape)
#> torch.Size([8, 2, 4])

try:
    matrix @ matrix
except RuntimeError as error:
    print(error)
    #> mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)
