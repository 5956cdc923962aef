"""One stylesheet a page in production: `collectstatic` joins what a sheet imports, so that a page asks once.

In development nothing is joined: the browser follows the same imports itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEETS = ("css/samsyn.css", "css/entrance.css")  # what the pages link to
IMPORT = re.compile(r'@import url\("(?P<file>[^"]+)"\) layer\((?P<layer>[\w-]+)\);')
URL = re.compile(r'url\("(?P<file>[^":]+)"\)')
# A string is kept as it is, whatever stands in it. Comments go, and the spaces around a mark that ends something;
# after a colon too, but never before one: `a :hover` is not `a:hover`.
COMMENT = re.compile(r'("[^"\n]*")|/\*.*?\*/', re.DOTALL)
SPACE = re.compile(r'("[^"\n]*")|\s*([{};,])\s*|(:)\s+|\s+')


class OneStylesheet(CompressedManifestStaticFilesStorage):
    """Names every file after its content, packs it, and joins the stylesheets first."""

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        for name in [one for one in SHEETS if one in paths and not options.get("dry_run")]:
            joined = joined_sheet(paths, name)
            self.delete(name)
            self._save(name, ContentFile(joined.encode()))
            paths = {**paths, name: (self, name)}
        yield from super().post_process(paths, *args, **options)


def joined_sheet(paths: dict[str, Any], name: str) -> str:
    """The text of a stylesheet with every import in its place, each in the layer it names. `paths`: Django's own."""

    def imported(found: re.Match[str]) -> str:
        file = posixpath.join(posixpath.dirname(name), found["file"])
        return f"@layer {found['layer']} {{ {moved(_read(paths, file), file, name)} }}"

    return spared(IMPORT.sub(imported, _read(paths, name)))


def moved(text: str, source: str, target: str) -> str:
    """Addresses in `text` as they read from another folder: '../../a.png' in css/parts/ is '../a.png' in css/."""

    def address(found: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), found["file"]))
        return f'url("{posixpath.relpath(file, posixpath.dirname(target))}")'

    return URL.sub(address, text)


def spared(text: str) -> str:
    """Without comments and spaces that no browser needs."""
    text = COMMENT.sub(lambda found: found[1] or " ", text)
    return SPACE.sub(lambda found: found[1] or found[2] or found[3] or " ", text).replace(";}", "}").strip()


def _read(paths: dict[str, Any], name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as source:
        return str(source.read().decode())
