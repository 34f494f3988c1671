"""Each public function and class of the library has an example that works.

Exceptions don't need one.
"""

import doctest
import importlib
import inspect

import pytest

MODULES = ["seeding", "freezing", "checkpoints", "ddp", "launching"]


def public(module):
    """Return the full names of the public functions and classes in a module."""
    return {
        f"{module.__name__}.{name}"
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
        and not (inspect.isclass(value) and issubclass(value, BaseException))
    }


def examples():
    """Yield each docstring that has examples or needs one, as a pytest parameter."""
    for name in MODULES:
        module = importlib.import_module(f"snippets.{name}")
        for test in doctest.DocTestFinder(exclude_empty=False).find(module):
            if test.examples or test.name in public(module):
                short = test.name.removeprefix("snippets.")
                starts_processes = short == "launching.launch"
                slow = [pytest.mark.slow] * starts_processes
                yield pytest.param(test, id=short, marks=slow)


@pytest.mark.parametrize("test", list(examples()))
def test_the_example_in_a_docstring_works(test, tmp_path, monkeypatch):
    assert test.examples, f"{test.name} has no example"
    monkeypatch.chdir(tmp_path)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
