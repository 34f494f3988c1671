"""Run commands as ``python ARGS`` would, in forks of a warm interpreter.

Importing torch takes seconds, but forking a process that has imported it takes
milliseconds. `verify.fork.client` is the side of the runner, and `verify.fork.server`
is the program that imports torch and forks. The server needs Linux.
"""

DEFAULT_DEVICE = "VERIFY_DEFAULT_DEVICE"
"""Environment variable with torch's default device in a script (`--device cuda`)."""
