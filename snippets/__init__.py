"""Five files to copy or install: seeding, freezing, checkpoints, ddp, launching.

Each file works on its own and doesn't import the others. In a checkout, this package is
called `snippets`. If you install it with pip, it is called `verified_pytorch_notes`,
because you may have your own folder called `snippets`. If torch is missing or too old,
importing the package fails with a one-line error that says so.
"""

import re

_OLDEST = (2, 4)


def _check_torch() -> None:
    """Raise an error unless torch is installed and new enough.

    Only the first two numbers of the version matter, so your own build or a vendor's
    build, such as ``2.4.0a0+git1a2b3c4``, is accepted.

    Raises:
        ModuleNotFoundError: If torch isn't installed.
        ImportError: If torch is too old, or your own file or folder was imported as
            torch.
    """
    needed = f"{__name__} needs PyTorch {_OLDEST[0]}.{_OLDEST[1]} or newer"
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":  # torch is installed, but a dependency isn't
            raise
        raise ModuleNotFoundError(
            f"{needed}, but torch isn't installed in this Python. Install the build "
            "for your machine: https://pytorch.org/get-started/locally/",
            name="torch",
        ) from None

    version = getattr(torch, "__version__", None)
    if version is None:
        found = torch.__file__ or next(iter(torch.__path__))
        raise ImportError(
            f"{needed}, but {found} was imported as torch. Rename or remove it.",
            name="torch",
        )
    numbers = re.match(r"(\d+)\.(\d+)", str(version))
    if numbers and tuple(map(int, numbers.groups())) < _OLDEST:
        raise ImportError(
            f"{needed}, but torch {version} is installed. Install a newer one: "
            "https://pytorch.org/get-started/locally/",
            name="torch",
        )


_check_torch()
