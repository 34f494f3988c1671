"""Four files to copy or import: seeding, freezing, checkpoints, ddp.

Each stands alone; none imports another.
"""
