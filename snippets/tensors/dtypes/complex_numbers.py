import torch

z = torch.tensor([3 + 4j])
print(z.dtype, z.abs(), z.conj())
#> torch.complex64 tensor([5.]) tensor([3.-4.j])
print(z.real, z.imag)
#> tensor([3.]) tensor([4.])

parts = torch.view_as_real(z)
parts[0, 0] = 0
print(parts, z)
#> tensor([[0., 4.]]) tensor([0.+4.j])
print(torch.complex128.itemsize, z.to(torch.complex128).real.dtype)
#> 16 torch.float64
