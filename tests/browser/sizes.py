"""List the pages of a built site by length and weight, the longest first.

``python -m tests.browser.sizes [FOLDER]`` prints the length of each page in screens of
1300 × 900, with its boxes closed, and the kB of its gzipped HTML: what a reader loads
who has styles and scripts in the cache. FOLDER is `site/` by default. The variable
CHROMIUM names a browser that is not on the path.
"""

import gzip
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from render import site
from tests import chromium

WIDTH, HEIGHT = 1300, 900


def main(folder):
    """Measure all pages of a built site and print a line for each.

    Args:
        folder: The folder of the site, with a folder for each language.
    """
    path = chromium.path()
    if path is None:
        sys.exit("no Chromium on the path; name one in the variable CHROMIUM")
    found = []
    with site.server(folder, 0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        # Scripts don't change the length of a page, and without them it opens faster.
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, java_script_enabled=False
        )
        for file in sorted(folder.glob("*/**/index.html")):
            name = file.parent.relative_to(folder).as_posix()
            page.goto(f"http://{site.HOST}:{server.server_port}/{name}/")
            height = page.locator("body").bounding_box()["height"]
            found.append((height / HEIGHT, len(gzip.compress(file.read_bytes())), name))
        browser.close()
        server.shutdown()
    print("screens      kB")
    for screens, weight, name in sorted(found, reverse=True):
        print(f"{screens:7.1f} {weight / 1000:7.1f}  {name}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else site.ROOT / "site")
