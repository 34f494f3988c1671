"""How readers and programs find pages: site maps, llms.txt, links and metadata."""

import re
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import pytest

from render import links
from verify.snippet import parse

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
ALTERNATE = "{http://www.w3.org/1999/xhtml}link"


def pages_of(folder, lang):
    """Return the paths of the pages of one language, without redirects."""
    return {
        f"{path.parent.relative_to(folder).as_posix()}/"
        for path in (folder / lang).rglob("index.html")
        if 'http-equiv="refresh"' not in path.read_text("utf-8")
    }


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_site_map_names_every_page_in_both_languages(site, folder, lang):
    tree = ElementTree.parse(folder / lang / "sitemap.xml")
    found = {}
    for entry in tree.getroot():
        others = {x.get("hreflang"): x.get("href") for x in entry.iter(ALTERNATE)}
        found[entry.find(LOC).text] = others
    assert set(found) == {site + page for page in pages_of(folder, lang)}
    for address, others in found.items():
        rest = address.removeprefix(f"{site}{lang}/")
        assert others == {x: f"{site}{x}/{rest}" for x in ("zh", "en")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_programs_get_every_page_as_text(site, folder, lang):
    listed = (folder / lang / "llms.txt").read_text("utf-8")
    named = re.findall(rf"\({site}({lang}/[\w/-]+\.md)\)", listed)
    for page in pages_of(folder, lang):
        name = f"{page}index.md" if page == f"{lang}/" else f"{page[:-1]}.md"
        assert name in named
        assert (folder / name).read_text("utf-8").startswith("# ")
    whole = (folder / lang / "llms-full.txt").read_text("utf-8")
    assert whole.count("```python") > 300


def test_every_page_leads_to_what_lies_beside_it(folder):
    for lang in ("zh", "en"):
        for page in pages_of(folder, lang) - {f"{lang}/"}:
            text = (folder / page / "index.html").read_text("utf-8")
            found = [address for _, address in links.Page(text).links]
            ends = {
                address.rpartition(".")[2] for address in found if "#" not in address
            }
            assert "md" in ends, page
            assert {"py", "ipynb", "zip"} <= ends or "snippet-download" not in text, (
                page
            )
            sources = [x for x in found if f"/main/docs/{page[:-1]}.md" in x]
            assert len(sources) == 2, page


def test_a_file_of_an_archive_runs_alone_in_an_empty_folder(open_page, tmp_path):
    pytest.importorskip("torch", reason="runs a file; tests/render does so too")
    page = open_page("zh/training/freezing/")
    with page.expect_download() as download:
        page.click(".take-away a[href$='training.zip']")
    with zipfile.ZipFile(download.value.path()) as packed:
        packed.extractall(tmp_path / "archive")
    (tmp_path / "empty").mkdir()
    source = tmp_path / "archive/freezing/what_still_moves.py"
    file = tmp_path / "empty" / source.name
    file.write_bytes(source.read_bytes())
    done = subprocess.run(
        [sys.executable, file.name], cwd=file.parent, text=True, capture_output=True
    )
    assert done.stdout.splitlines() == [line.text for line in parse(file).expected]


def test_a_page_names_its_translation_and_what_a_card_shows(open_page, site):
    page = open_page("en/tensors/shape/")
    others = page.evaluate(
        "[...document.querySelectorAll('link[hreflang]')]"
        ".map(link => [link.relList.value.trim(), link.hreflang, link.href])"
    )
    assert others == [
        ["alternate", lang, f"{site}{lang}/tensors/shape/"] for lang in ("zh", "en")
    ]
    for name in ("title", "description", "url"):
        assert page.get_attribute(f"meta[property='og:{name}']", "content")
