"""Run a command as ``python ARGS`` would, in a fork of a warm interpreter."""

MARK_LINES = "VERIFY_MARK_LINES"
"""Environment variable: the file whose printing lines are marked (`--update`)."""

DEFAULT_DEVICE = "VERIFY_DEFAULT_DEVICE"
"""Environment variable: torch's default device in the script (`--device cuda`)."""
