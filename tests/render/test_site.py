"""The root of the site, and the server; a build needs the site's packages."""

import http.client
import re
import threading

import pytest

from render import site


@pytest.fixture
def served(tmp_path):
    """A small site on a free port; a function that asks it for a path."""
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
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nplugins: []\nnav: [a.md]\n")
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(site, "ROOT", tmp_path)
    with pytest.raises(site.SiteError) as error:
        site.build(tmp_path / "site")
    message = str(error.value)
    assert "a.md" in message
    assert "INFO" not in message
    assert message.endswith("mkdocs.yml does not build")
