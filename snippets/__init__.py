"""Five files to copy or install: seeding, freezing, checkpoints, ddp, launching.

Each file works alone and imports none of the others. In a checkout, this package is
`snippets`. Installed with pip, it is `verified_pytorch_notes`, because a folder of
yours may be called `snippets` too. If torch is missing or too old, importing the
package fails with one line that says so.
"""

import re

_OLDEST = (2, 4)


def _check_torch() -> None:
    """Fail unless a torch that is new enough can be imported.

    Only the first two numbers of the version count: a build of your own or of a vendor,
    such as ``2.4.0a0+git1a2b3c4``, is accepted.

    Raises:
        ModuleNotFoundError: If torch isn't installed.
        ImportError: If torch is too old, or is a file or folder of yours.
    """
    needed = f"{__name__} needs PyTorch {_OLDEST[0]}.{_OLDEST[1]} or newer"
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":  # torch is there, but a package that it needs isn't
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
