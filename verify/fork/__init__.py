"""Run a command as ``python ARGS`` would, in a fork of a warm interpreter."""

DEFAULT_DEVICE = "VERIFY_DEFAULT_DEVICE"
"""Environment variable: torch's default device in the script (`--device cuda`)."""
