"""A small checkout for the tests of `render`.

It renders Markdown with the extensions and options of the site.
"""

import hashlib
import json
from pathlib import Path

import markdown
import pytest

from render.pages import CONFIGS, read_config
from verify import evidence, record_files
from verify.snippet import parse

ROOT = Path(__file__).resolve().parents[2]
SHARES = """import torch

x = torch.zeros(2)
for value in x.view(2):
    print(value)
    #> tensor(0.)
    #> tensor(0.)
print("#> not output")
#> #> not output
"""


class Checkout:
    """A temporary checkout with the folders `docs/`, `snippets/` and `records/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for lang, config in CONFIGS.items():
            chapter = {"zh": "张量", "en": "Tensors"}[lang]
            (root / config).write_text(
                "site_name: N\nsite_description: D\n"
                f"nav: [Home: index.md, {chapter}: [tensors/shape.md, tensors/math.md]]"
            )
        self.snippet("tensors/shape/view.py", SHARES)

    def snippet(self, name: str, text: str) -> Path:
        """Write a snippet file and return its path."""
        path = self.root / "snippets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def page(self, text: str, name: str = "tensors/shape.md", lang: str = "zh") -> str:
        """Write a page below front matter and return the text that MkDocs renders."""
        path = self.root / "docs" / lang / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ndescription: a page\n---\n\n{text}", "utf-8")
        return text

    def record(self, torch="2.13.0", device="cpu", outcome="passed", **more) -> None:
        """Write a record of all snippet files with their current contents.

        Args:
            torch: The release that the record is of.
            device: `cpu` or `cuda`.
            outcome: The outcome of every file.
            more: More fields for each file's result, such as `sha256`.
        """
        folder = self.root / "snippets"
        results = {
            path.relative_to(folder).as_posix(): {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "outcome": outcome,
                "seconds": 0.1,
                "when": "2026-05-04T10:00:00+00:00",
                "library": evidence.library_hashes(parse(path), folder),
                "machine": "one",
                **more,
            }
            for path in folder.glob("*/**/*.py")
        }
        fields = {
            "torch": torch,
            "device": device,
            "when": "2026-05-06T10:00:00+00:00",
            "machines": {
                "one": {
                    "device_name": "NVIDIA H200" if device == "cuda" else "x86_64",
                    "build": torch,
                    "python": "3.11.7",
                    "numpy": "2.3.5",
                    "platform": "Linux",
                }
            },
            "snippets": results,
        }
        path = self.root / "records" / f"torch-{torch}-{device}.json"
        path.parent.mkdir(exist_ok=True)
        fields["seal"] = record_files.seal(fields)
        path.write_text(json.dumps(fields), "utf-8")

    def note(self, kind, torch="2.13.0", name="tensors/shape/view.py") -> None:
        """Write a person's explanation of one result beside a CPU record."""
        path = self.root / "records" / f"torch-{torch}-cpu.notes.json"
        path.write_text(json.dumps({name: kind}))

    def render(self, text: str, lang: str = "zh") -> str:
        """Return Markdown as HTML, rendered as configured in mkdocs.base.yml."""
        configs = read_config(ROOT / "mkdocs.base.yml")
        options = {k: v or {} for k, v in configs["markdown_extensions"].items()}
        options["pymdownx.snippets"]["base_path"] = [str(self.root / "snippets")]
        options["render.blocks"] = {"lang": lang, "root": str(self.root)}
        extensions = ["tables", *options]  # MkDocs adds `tables` itself
        md = markdown.Markdown(extensions=extensions, extension_configs=options)
        return md.convert(text)

    def show(self, name: str = "tensors/shape/view.py", lang: str = "zh") -> str:
        """Return the HTML of a page with one block."""
        return self.render(f'```python\n--8<-- "{name}"\n```\n', lang)


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one snippet file and no records."""
    return Checkout(tmp_path)
