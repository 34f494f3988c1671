"""Test that precompiling finds all imported modules and runs none of them."""

import subprocess
import sys

import pytest

from verify.fork import precompile


@pytest.fixture
def package(tmp_path):
    """Return a folder of modules that import each other and fail when executed."""
    files = {
        "top/__init__.py": "from . import near\nfrom .inner.deep import value\n",
        "top/near.py": "import far\n",
        "top/inner/__init__.py": "",
        "top/inner/deep.py": "from .. import aside, near\nfrom top.inner import leaf\n",
        "top/inner/leaf.py": "def later():\n    import unused\n",
        "top/aside.py": "import top.missing, top.broken, top.space.inside\n",
        "top/broken.py": "import (\n",
        "top/space/inside.py": "",
        "far.py": "import top\n",
        "unused.py": "",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "raise AssertionError('it runs')\n")
    return tmp_path


def compiled(folder, *names):
    """Precompile modules; return the paths, without suffix, that now have bytecode."""
    env = {"PYTHONPATH": str(folder), "PYTHONPYCACHEPREFIX": str(folder / "cache")}
    subprocess.run([sys.executable, precompile.__file__, *names], env=env, check=True)
    prefix = folder / "cache" / folder.relative_to("/")
    return {
        str(file.relative_to(prefix)).partition(".")[0]
        for file in prefix.rglob("*.pyc")
    }


def test_all_that_an_import_would_need_is_compiled(package):
    assert compiled(package, "top", "nothing_of_this_name") == {
        "top/__init__",
        "top/near",
        "top/inner/__init__",
        "top/inner/deep",
        "top/inner/leaf",
        "top/aside",
        "far",
    }


def test_a_module_brings_its_package(package):
    assert {"top/__init__", "top/near"} <= compiled(package, "top.near")


def test_an_import_finds_it(package):
    """Python accepts the bytecode as its own, so an import doesn't write it again."""
    (package / "far.py").write_text("value = 7\n")
    compiled(package, "far")
    env = {"PYTHONPATH": str(package), "PYTHONPYCACHEPREFIX": str(package / "cache")}
    command = [sys.executable, "-v", "-c", "import far"]
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert f"code object from '{package / 'cache'}" in said.stderr
    assert "wrote" not in "".join(
        line for line in said.stderr.splitlines() if "far." in line
    )
