"""What a reader sees: snippet files and records, turned into pages.

`blocks` is the Markdown extension behind every code block, `figures` draws the
pictures, `site` builds and serves both languages.
"""
