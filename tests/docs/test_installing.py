"""How readers install and import the library.

Installing doesn't change torch, a failing import says what to do, and a reader's own
`snippets` doesn't hide the installed library.
"""

import importlib
import os
import re
import subprocess
import sys
import tarfile
import types
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from render.pages import codes, read_site
from tests.busy import patient
from tests.verify.fakes import OFFLINE, wheel
from verify.fork.client import Server

# pip and new processes are slow, and the results don't depend on the torch release.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = ROOT / "snippets"
NAME = "verified_pytorch_notes"
FILES = {path.name for path in SNIPPETS.glob("*.py")} | {"py.typed"}
BLOCK = SNIPPETS / "reference" / "seeding" / "isolate_evaluation.py"
PAGES = [
    read_site(ROOT, language).pages["reference/library.md"] for language in ("en", "zh")
]


def run(*command, folder, path=""):
    """Run a program that can import from no extra folder but `path`.

    Args:
        command: The program and its arguments.
        folder: The working folder.
        path: The value of PYTHONPATH.

    Returns:
        The finished process.
    """
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(path)}
    return subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=patient(120),
    )


def assert_on_the_pages(*texts):
    """Assert that the page quotes the texts word for word in both languages."""
    for page in PAGES:
        assert set(texts) <= set(codes(page.lines)), page.where


def last_line(process):
    """Return the last line of the traceback of a program that must have failed."""
    assert process.returncode == 1, process.stderr
    return process.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The wheel that `pip install .` builds."""
    folder = tmp_path_factory.mktemp("library")
    made = run(
        *(sys.executable, "-m", "pip", "wheel", ROOT, "--wheel-dir", folder),
        *("--no-build-isolation", "--no-deps"),
        folder=folder,
    )
    assert made.returncode == 0, made.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(library, tmp_path_factory):
    """A folder with the installed library, to import beside this Python's torch."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(library).extractall(folder)
    return folder


@pytest.fixture
def environment(tmp_path):
    """An empty virtual environment: its Python and its site-packages folder."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    return folder / "bin" / "python", packages


def put_torch(packages, version, metadata=True):
    """Install a fake torch, with or without the metadata that pip looks for."""
    file = wheel(
        packages.parent / "wheels",
        "torch",
        version,
        {"torch/__init__.py": f"__version__ = {version!r}\n"},
    )
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if metadata or "info" not in name]
        archive.extractall(packages, names)


def torch_files(packages):
    """Return the contents of the files of the installed torch by path."""
    found = [*packages.glob("torch/*.py"), *packages.glob("torch-*/*")]
    return {str(path.relative_to(packages)): path.read_bytes() for path in found}


# ---- what is installed


def test_the_wheel_is_the_library_under_the_mit_license_alone(library):
    with zipfile.ZipFile(library) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    info = next(name.partition("/")[0] for name in files if ".dist-info/" in name)
    code = {name: data for name, data in files.items() if not name.startswith(info)}
    assert code == {f"{NAME}/{name}": (SNIPPETS / name).read_bytes() for name in FILES}
    metadata = Parser().parsestr(files[f"{info}/METADATA"].decode())
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata.get_all("Requires-Dist") is None
    licenses = [name for name in files if "LICENSE" in name]
    assert licenses == [f"{info}/licenses/LICENSE"]
    assert files[licenses[0]] == (ROOT / "LICENSE").read_bytes()


def test_the_source_archive_holds_code_alone(tmp_path):
    build = (sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    made = run(*build, folder=ROOT)
    assert made.returncode == 0, made.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    about = {"LICENSE", "PKG-INFO", "pyproject.toml", ".gitignore"}
    others = {name for name in names if not name.startswith("snippets/")}
    assert others <= about
    assert {f"snippets/{name}" for name in FILES} <= names


@pytest.mark.parametrize(
    ("version", "metadata"),
    [
        ("2.13.0+cpu", True),
        ("2.15.0.dev20260101+cu130", True),  # a nightly
        ("2.16.0a0+git1a2b3c4", True),  # built from source
        ("2.4.0a0+07cecf4168.nv24.5", True),  # a vendor's container
        ("2.13.0+cpu", False),  # on the path, but not installed by pip
    ],
)
def test_installing_leaves_torch_as_it_is(
    library, environment, tmp_path, version, metadata
):
    # Given an environment with this torch, and an index with a newer one
    python, packages = environment
    put_torch(packages, version, metadata)
    newer = "__version__ = '99.0'\n"
    wheel(tmp_path / "index", "torch", "99.0", {"torch/__init__.py": newer})
    before = torch_files(packages)
    # When pip installs the library and upgrades all that it may
    install = run(
        *(sys.executable, "-m", "pip", "--python", python, "install", library),
        *("--upgrade", "--upgrade-strategy", "eager"),
        *("--find-links", tmp_path / "index"),
        folder=tmp_path,
    )
    assert install.returncode == 0, install.stderr
    # Then torch is what it was, and the library accepts it
    assert torch_files(packages) == before
    program = f"import {NAME}, torch; print(torch.__version__)"
    imported = run(python, "-c", program, folder=tmp_path)
    assert imported.stdout == f"{version}\n", imported.stderr


# ---- what importing says


def import_error(python, folder, installed):
    """Return the error message of importing the installed library."""
    program = f"import {NAME}.seeding"
    return last_line(run(python, "-c", program, folder=folder, path=installed))


def test_importing_without_torch_fails_as_the_page_says(
    installed, environment, tmp_path
):
    python, _ = environment
    assert_on_the_pages(import_error(python, tmp_path, installed))


def test_importing_with_an_old_torch_fails_as_the_page_says(
    installed, environment, tmp_path
):
    python, packages = environment
    put_torch(packages, "2.3.1+cpu")
    assert_on_the_pages(import_error(python, tmp_path, installed))


@pytest.mark.parametrize("version", ["1.13.1", "2.0.1+cu118", "2.3.0a0+git1a2b3c4"])
def test_an_old_torch_is_named_by_its_version(
    installed, environment, tmp_path, version
):
    python, packages = environment
    put_torch(packages, version)
    error = import_error(python, tmp_path, installed)
    assert re.match(rf"ImportError: {NAME} needs PyTorch 2\.4 or newer, but", error)
    assert f" torch {version} is installed." in error


@pytest.mark.parametrize("version", ["2.4.0", "2.10.0", "10.0", "unknown"])
def test_a_torch_that_is_not_known_to_be_old_is_accepted(
    installed, environment, tmp_path, version
):
    python, packages = environment
    put_torch(packages, version)
    done = run(python, "-c", f"import {NAME}", folder=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("own", ["torch.py", "torch/__init__.py", "torch/notes.txt"])
def test_a_file_or_folder_that_is_not_pytorch_is_named(
    installed, environment, tmp_path, own
):
    python, _ = environment
    file = tmp_path / own
    file.parent.mkdir(exist_ok=True)
    file.touch()
    error = import_error(python, tmp_path, installed)
    found = file if file.suffix == ".py" else file.parent
    assert f"but {found} was imported as torch. Rename or remove it." in error


def test_what_a_broken_torch_says_is_passed_on(installed, environment, tmp_path):
    python, packages = environment
    put_torch(packages, "2.13.0")
    (packages / "torch" / "__init__.py").write_text("import a_package_of_torch\n")
    error = import_error(python, tmp_path, installed)
    assert error == "ModuleNotFoundError: No module named 'a_package_of_torch'"


def test_a_checkout_without_torch_says_so_too(environment):
    python, _ = environment
    error = last_line(run(python, "-c", "import snippets.ddp", folder=ROOT))
    start = "ModuleNotFoundError: snippets needs PyTorch 2.4 or newer, but torch isn't"
    assert error.startswith(start)


# ---- a reader's own `snippets`

# What a reader has named `snippets` beside the script, and the message that the page
# explains.
OWN = {
    "nothing": (None, "No module named 'snippets'"),
    "a folder": ("snippets/notes.txt", "No module named 'snippets.seeding'"),
    "a package": ("snippets/__init__.py", "No module named 'snippets.seeding'"),
    "a file": (
        "snippets.py",
        "No module named 'snippets.seeding'; 'snippets' is not a package",
    ),
}
each_own = pytest.mark.parametrize("own", OWN)


@pytest.fixture(scope="module")
def start(installed):
    """A function that runs Python with the installed library on its path.

    Each run is a fork of a process that has already imported torch.
    """
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(installed)}
    with Server(env=environment) as server:
        yield lambda argv, folder: server.run(argv, folder, environment)


@pytest.fixture
def script(own, tmp_path):
    """A copy of a block, beside a file or folder that a reader has named `snippets`."""
    name, _ = OWN[own]
    if name:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    script = tmp_path / BLOCK.name
    script.write_bytes(BLOCK.read_bytes())
    return script


def change_import(script, module):
    """Replace the module that the block imports from."""
    source = script.read_text("utf-8")
    assert "from snippets.seeding import" in source
    source = source.replace("from snippets.seeding import", f"from {module} import")
    script.write_text(source, "utf-8")


def assert_runs(script, start):
    """Assert that the script prints what its block is expected to."""
    done = start([script], script.parent)
    expected = re.findall(r"^ *#> (.*)", BLOCK.read_text("utf-8"), re.M)
    assert done.out.splitlines() == expected, done.err


@each_own
def test_a_block_without_its_file_fails_as_the_page_says(own, script, start):
    done = start([script], script.parent)
    assert done.code == 1
    kind, _, message = done.err.splitlines()[-1].partition(": ")
    assert (kind, message) == ("ModuleNotFoundError", OWN[own][1])
    assert_on_the_pages(kind, message)


@each_own
def test_nothing_hides_the_installed_library(own, script, start):
    change_import(script, f"{NAME}.seeding")
    assert_runs(script, start)


@pytest.mark.parametrize("own", ["nothing", "a folder", "a package"])
def test_a_block_runs_with_the_copied_file_in_the_folder(own, script, start):
    folder = script.parent / "snippets"
    folder.mkdir(exist_ok=True)
    (folder / "seeding.py").write_bytes((SNIPPETS / "seeding.py").read_bytes())
    assert_runs(script, start)


@pytest.mark.parametrize("own", ["nothing", "a file"])
def test_a_copied_file_beside_the_script_is_found(own, script, start):
    copied = script.with_name("seeding.py")
    copied.write_bytes((SNIPPETS / "seeding.py").read_bytes())
    change_import(script, "seeding")
    assert_runs(script, start)


def test_an_installed_library_leaves_a_readers_folder_alone(start, tmp_path):
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "mine.py").write_text("print('mine')\n")
    program = f"import {NAME}, snippets.mine"
    done = start(["-c", program], tmp_path)
    assert done.out == "mine\n", done.err


@pytest.mark.parametrize("file", sorted(FILES - {"__init__.py", "py.typed"}))
def test_a_star_import_gives_what_the_file_defines_for_readers(file):
    module = importlib.import_module(f"snippets.{file.removesuffix('.py')}")
    public = {
        name
        for name, value in vars(module).items()
        if isinstance(value, (type, types.FunctionType))
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
    assert public == set(module.__all__)
