from torch.utils.collect_env import SystemEnv

fields = (
    "torch_version",
    "cuda_compiled_version",
    "cuda_runtime_version",
    "nvidia_driver_version",
    "nvidia_gpu_models",
    "cudnn_version",
    "python_version",
    "pip_packages",
)
print(set(fields) <= set(SystemEnv._fields))
#> True
