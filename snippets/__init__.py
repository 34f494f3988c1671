"""Five files to copy or import: seeding, freezing, checkpoints, ddp, launching.

Each stands alone; none imports another.
"""
