from torch.utils.collect_env import SystemEnv

wanted = ["torch_version", "python_version", "nvidia_gpu_models", "pip_packages"]
print(*[name for name in wanted if name in SystemEnv._fields])
#> torch_version python_version nvidia_gpu_models pip_packages
