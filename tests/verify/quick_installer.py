"""Run ``verify.release`` with an installer that only unpacks wheels.

Tests that aren't about uv or pip run this file, because uv and pip take seconds to
install an environment.
"""

import os
import re
import sys
import sysconfig
import venv
import zipfile

sys.path[0] = os.getcwd()  # import `verify` from the checkout of the test

from verify import release
from verify.installer import Installer, InstallError
from verify.needs import is_final, release_key


class QuickInstaller(Installer):
    """An installer that finds only the wheels in one folder, and no index."""

    def releases(self, pre=False):
        found = [
            match[1]
            for wheel in self.wheels.glob("torch-*.whl")
            if (match := re.match(r"torch-(.+)-py3", wheel.name))
        ]
        return sorted((r for r in found if pre or is_final(r)), key=release_key)

    def install(self, torch, packages, folder):
        venv.create(folder, symlinks=True)
        site = sysconfig.get_path("purelib", vars={"base": str(folder)})
        for name in (f"torch-{torch}", *packages):
            wheels = [*self.wheels.glob(f"{name}-*.whl")]
            if not wheels:
                raise InstallError(f"there is no {name}")
            with zipfile.ZipFile(wheels[0]) as archive:
                archive.extractall(site)
                (about,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
                needs = re.findall("Requires-Dist: (.+)", archive.read(about).decode())
            if needs:
                raise InstallError(f"there is no {needs[0]}")
        # In a folder that the runner doesn't watch.
        with open(".nox/installed.log", "a") as log:
            log.write(f"{torch}\n")
        return "unpacked"


if __name__ == "__main__":
    sys.exit(release.main(installer=QuickInstaller))
