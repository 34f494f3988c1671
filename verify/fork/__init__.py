"""Run a command as ``python ARGS`` would, in a fork of a warm interpreter."""
