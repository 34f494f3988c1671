"""The root of the site, the server, builds, link checks and the archive."""

import http.client
import io
import json
import re
import threading
import zipfile

import jinja2
import pytest

from render import links, offline, site
from render.pages import read_config


@pytest.fixture
def served(tmp_path):
    """A function that requests a path of a small site and returns status and body."""
    site.write_root(tmp_path, "https://example.org/notes/")
    for lang in ("zh", "en"):
        (tmp_path / lang / "tensors").mkdir(parents=True)
        (tmp_path / lang / "404.html").write_text(f"none in {lang}")
        (tmp_path / lang / "tensors/index.html").write_text(f"tensors in {lang}")
    with site.server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(path, method="GET"):
            link = http.client.HTTPConnection(site.HOST, server.server_port)
            link.request(method, path)
            answer = link.getresponse()
            body = answer.read().decode()
            link.close()
            return answer.status, body

        yield ask
        server.shutdown()


def test_the_root_chooses_the_language_and_works_without_scripts(tmp_path):
    site.write_root(tmp_path, "https://example.org/")
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "navigator.languages" in page
    assert re.search(r"<noscript><meta http-equiv=\"refresh\" .*url=zh/", page)
    assert 'href="zh/"' in page
    assert 'href="en/"' in page


@pytest.mark.parametrize(
    ("url", "base"),
    [("https://example.org/notes/", "/notes/"), ("http://127.0.0.1:8000/", "/")],
)
def test_links_of_the_root_404_hold_at_every_depth(tmp_path, url, base):
    site.write_root(tmp_path, url)
    page = (tmp_path / "404.html").read_text("utf-8")
    assert f'<base href="{base}">' in page
    assert 'href="zh/"' in page


def test_robots_and_assistants_are_led_to_both_languages(tmp_path):
    site.write_root(tmp_path, "https://example.org/notes/")
    for name, wanted in (("robots.txt", "sitemap.xml"), ("llms.txt", "llms.txt")):
        text = (tmp_path / name).read_text("utf-8")
        for lang in ("zh", "en"):
            assert f"https://example.org/notes/{lang}/{wanted}" in text


def test_pages_and_unknown_addresses(served):
    assert served("/en/tensors/") == (200, "tensors in en")
    assert served("/zh/nothing/here/") == (404, "none in zh")
    assert served("/en/nothing") == (404, "none in en")
    status, body = served("/fr/")
    assert status == 404
    assert "没有这个页面" in body
    assert "There is no such page" in body
    assert served("/en/nothing", "HEAD") == (404, "")


def test_a_taken_port_is_said_in_one_line(tmp_path):
    with site.server(tmp_path, 0) as server:
        with pytest.raises(site.SiteError) as error:
            site.server(tmp_path, server.server_port)
        message = str(error.value)
        assert message.startswith(f"127.0.0.1:{server.server_port} cannot be taken")
        assert "\n" not in message


def test_a_wrong_language_is_refused(capsys):
    with pytest.raises(SystemExit) as error:
        site.main(["serve", "fr"])
    assert error.value.code == 2
    assert "invalid choice: 'fr'" in capsys.readouterr().err


def test_a_build_that_fails_says_why_and_nothing_else(tmp_path, monkeypatch, capsys):
    pytest.importorskip("mkdocs", reason="builds with MkDocs")
    for config in site.CONFIGS.values():
        text = "site_name: x\nplugins: []\nnav: [a.md]\n"
        (tmp_path / config).write_text(text)
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(site, "ROOT", tmp_path)
    with pytest.raises(site.SiteError) as error:
        site.build(tmp_path / "site")
    message = str(error.value)
    assert "a.md" in message
    assert "INFO" not in message
    assert "mkdocs.yml does not build" in message
    assert message.endswith("mkdocs.en.yml does not build")


def test_a_build_names_links_that_lead_nowhere(tmp_path, monkeypatch):
    pytest.importorskip("mkdocs", reason="builds with MkDocs")
    wrong = {  # Markdown: the address in the message
        "[a](gone.md)": "gone.md",
        "[a](b.md#gone)": "b.md#gone",
        "[`a`](#missing)": "#missing",
        "[a](/b.md)": "/b.md",
        "[a](../../en/b.md)": "../../en/b.md",
        "[a](folder/)": "folder/",
        "![a](gone.svg)": "gone.svg",
        "[![a](b.svg)](nothing.md)": "nothing.md",
        "[![a](nothing.svg)](b.md)": "nothing.svg",
        "[a][ref]\n\n[ref]: nowhere.md": "nowhere.md",
    }
    right = ["[a](b.md#b)", "[a](#here)", "`x[0](y.md)`", "[a](https://x.org/y.md)"]
    base = read_config(site.ROOT / "mkdocs.base.yml")
    config = {"site_name": "x", "plugins": [], "validation": base["validation"]}
    for name in site.CONFIGS.values():
        (tmp_path / name).write_text(json.dumps(config))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("\n\n".join(["# here", *wrong, *right]))
    (tmp_path / "docs/b.md").write_text("# b")
    (tmp_path / "docs/b.svg").write_text("<svg/>")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    with pytest.raises(site.SiteError) as error:
        site.build(tmp_path / "site")
    message = str(error.value).partition("mkdocs.yml does not build")[0]
    named = re.findall(r"link '(.*?)'", message)
    assert sorted(named) == sorted(wrong.values()), message


def test_links_inside_are_checked_and_those_outside_listed(
    tmp_path, capsys, monkeypatch
):
    (tmp_path / "a.html").write_text(
        '<a id="x" href="b.html#y"></a>\n<a href="c/"></a>\n<img src="a.html">\n'
        '<a href="https://example.org/p#q"></a><script src="//cdn.example/x.js">\n'
        '<a href="https://pytorch-notes.example/edit/main/docs/a.md">'
    )
    (tmp_path / "b.html").write_text('<p id="x"><a href="a.html#x"></a>')
    # Edit links are not requested: a page may be new, or the repository private.
    monkeypatch.setenv("EDIT_URL", "https://pytorch-notes.example/edit/main/{path}")
    asked = []
    monkeypatch.setattr(links, "_ask", lambda x: asked.append(x) or "404")
    with pytest.raises(site.SiteError) as error:
        site.report_links(tmp_path)
    assert str(error.value).splitlines() == [
        "a.html:3: a picture without alternative text",
        "a.html:4: loads //cdn.example/x.js from another host",
        "a.html:1: b.html#y: no such anchor",
        "a.html:2: c/ leads nowhere",
        "a.html:4: https://example.org/p answers 404",
    ]
    assert asked == ["https://example.org/p"]
    assert "404  https://example.org/p  (1 × a.html:4)" in capsys.readouterr().out


@pytest.mark.parametrize("way", ["", "https://example.org/new?t={title}&b={body}"])
def test_a_page_leads_to_reports_only_if_an_address_is_set(way):
    theme = jinja2.FileSystemLoader(site.ROOT / "docs" / "overrides")
    templates = jinja2.Environment(loader=theme)
    templates.filters["url"] = lambda path: path
    html = templates.get_template("partials/take-away.html").render(
        page={"url": "tensors/shape/", "title": "Shape", "content": ""},
        config={"theme": {"language": "en"}, "extra": {"report_page": way}},
    )
    source = "docs/en/tensors/shape.md"
    links = re.findall(r'class="report" href="(.*?)"', html.replace("&amp;", "&"))
    assert links == [f"https://example.org/new?t={source}&b={source}"] * bool(way)


@pytest.mark.parametrize("address", ["", "https://example.org/edit/main/{path}"])
def test_a_page_leads_to_its_source_only_if_an_address_is_set(address):
    theme = jinja2.FileSystemLoader(site.ROOT / "docs" / "overrides")
    templates = jinja2.Environment(loader=theme)
    templates.filters["url"] = lambda path: path
    html = templates.get_template("partials/take-away.html").render(
        page={"url": "tensors/shape/", "title": "Shape", "content": ""},
        config={"theme": {"language": "en"}, "extra": {"edit_page": address}},
    )
    assert "Markdown" in html
    edits = re.findall(r'href="(.*)" rel="edit"', html)
    assert edits == [address.replace("{path}", "docs/en/tensors/shape.md")] * bool(
        address
    )


def test_another_site_that_does_not_answer_is_no_fault(tmp_path, capsys):
    (tmp_path / "a.html").write_text('<a href="http://127.0.0.1:9/x">x</a>')
    site.report_links(tmp_path)
    assert "no answer" in capsys.readouterr().out


def test_the_archive_names_files_where_the_site_names_folders(tmp_path):
    (tmp_path / "zh/a").mkdir(parents=True)
    (tmp_path / "zh/search").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="zh/">x</a><script>go("zh/")</script>'
    )
    (tmp_path / "zh/index.html").write_text(
        '<script src="./assets/search-later.js"></script><a href="a/#b">x</a>'
    )
    (tmp_path / "zh/a/index.html").write_text(
        '<a href="..">x</a><a href="../x.py">x</a><a href="https://x.org/zh/">x</a>'
    )
    (tmp_path / "zh/x.py").write_text("")
    (tmp_path / "zh/sitemap.xml").write_text("")
    (tmp_path / "zh/search/search_index.json").write_text(
        '{"docs": [{"location": ""}, {"location": "a/#b"}]}'
    )
    packed = zipfile.ZipFile(io.BytesIO(offline.pack(tmp_path)))
    files = {
        name.partition("/")[2]: packed.read(name).decode() for name in packed.namelist()
    }
    assert set(files) == {
        "index.html",
        "zh/index.html",
        "zh/a/index.html",
        "zh/x.py",
        "zh/search/search_index.js",
        "iframe-worker.js",
    }
    assert files["index.html"].count("zh/index.html") == 2
    assert files["zh/index.html"] == (
        '<script src="../iframe-worker.js"></script>'
        '<script src="./assets/search-later.js"></script>'
        '<a href="a/index.html#b">x</a>'
    )
    assert files["zh/a/index.html"] == (
        '<a href="../index.html">x</a><a href="../x.py">x</a>'
        '<a href="https://x.org/zh/">x</a>'
    )
    assert files["zh/search/search_index.js"] == (
        'var __index = {"docs": [{"location": "index.html"},'
        ' {"location": "a/index.html#b"}]}'
    )
