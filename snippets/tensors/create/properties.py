import torch

images = torch.zeros(8, 3, 32, 32)
print(images.shape, images.size() == images.shape)
#> torch.Size([8, 3, 32, 32]) True
print(images.dim(), images.ndim)
#> 4 4
print(images.numel(), images.element_size(), images.nbytes)
#> 24576 4 98304
print(images.dtype, images.requires_grad)
#> torch.float32 False
print(images.device == torch.get_default_device())
#> True

scalar = torch.tensor(3.0)
print(scalar.shape, scalar.dim(), scalar.numel())
#> torch.Size([]) 0 1
