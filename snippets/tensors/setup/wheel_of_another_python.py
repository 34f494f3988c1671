import platform
import sysconfig

wheel = "torch-1.7.1+cu110-cp39-cp39-linux_x86_64.whl"
built_for = wheel.split("-")[2]
here = "cp" + sysconfig.get_config_var("py_version_nodot")
print(built_for, built_for == here, platform.python_implementation())
#> cp39 False CPython
