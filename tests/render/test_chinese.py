"""Each Chinese docstring must belong to the current English docstring."""

import textwrap

import yaml

from render.docstrings import faults, fingerprint, public_docstrings

SOURCE = textwrap.dedent('''
    """Seeds."""

    def seed(number):
        """Seed everything.

        Args:
            number: The seed.
        """

    def _helper():
        """Private."""

    class State:
        """A state."""

        def save(self):
            """Save it."""

        def __len__(self):
            """Not shown."""
''')


def write(path, **entries):
    """Write entries to a YAML file and return its path."""
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    return path


def whole(**changes):
    """Return an entry for each docstring of SOURCE.

    Args:
        changes: Entries to add or replace by name, or None to leave one out.
    """
    english = public_docstrings(SOURCE, "seeds")
    entries = {n: {"of": fingerprint(t), "text": "中文"} for n, t in english.items()}
    return {n: e for n, e in {**entries, **changes}.items() if e}


def test_what_a_page_shows_is_what_is_public():
    assert list(public_docstrings(SOURCE, "seeds")) == [
        "seeds",
        "seed",
        "State",
        "State.save",
    ]


def test_a_whole_file_has_no_fault(tmp_path):
    assert faults("seeds", SOURCE, write(tmp_path / "seeds.yml", **whole())) == []


def test_a_missing_entry_is_named_with_the_hash_that_belongs_there(tmp_path):
    path = write(tmp_path / "seeds.yml", **whole(seed=None))
    (fault,) = faults("seeds", SOURCE, path)
    assert "seed: missing" in fault
    assert fingerprint(public_docstrings(SOURCE, "seeds")["seed"]) in fault


def test_an_english_docstring_that_changed_makes_the_entry_stale(tmp_path):
    path = write(tmp_path / "seeds.yml", **whole())
    (fault,) = faults("seeds", SOURCE.replace("The seed.", "A number."), path)
    assert "seed: outdated" in fault


def test_what_no_longer_exists_is_left_over(tmp_path):
    path = write(tmp_path / "seeds.yml", **whole(gone={"of": "0", "text": "无"}))
    (fault,) = faults("seeds", SOURCE, path)
    assert "gone: obsolete; seeds.py has no such docstring" in fault


def test_a_module_without_a_file_misses_everything(tmp_path):
    assert len(faults("seeds", SOURCE, tmp_path / "none.yml")) == 4
