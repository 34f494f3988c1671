"""Build the site from the pages, the snippet files and the records.

`pages` reads the pages, `blocks` is the Markdown extension that renders each code
block, `checks` is the linter, `figures` draws the pictures, and `site` builds and
serves both languages.
"""
