"""A zip that is written while it is read: never whole in memory, never on disk.

Every file goes in deflated and with its size behind it, since nothing can be written again once it has left;
that is what the format calls a data descriptor, and every program that opens a zip by its list reads it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zipfile
from collections.abc import Iterable, Iterator

CHUNK = 256 * 1024


class _Leaving:
    """Where the zip is written to: a place one can only add to, emptied as often as somebody asks."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class Zip:
    """Each method gives the bytes that can leave; use all of them, in order, and `end` last.

    `hashes` are the names with the SHA-256 of what was put under them.
    """

    def __init__(self) -> None:
        self._out = _Leaving()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]
        self.hashes: dict[str, str] = {}

    def file(
        self, name: str, chunks: Iterable[bytes], *, size: int, at: dt.datetime, packed: bool = False, sha256: str = ""
    ) -> Iterator[bytes]:
        """A file of about `size` bytes from the moment `at` (its clock is taken as it stands).

        What is `packed` already, as pictures are, goes in as it is, in a fraction of the time. A hash that is known
        is listed as it is known; none is reckoned then.
        """
        info = zipfile.ZipInfo(name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
        info.compress_type, info.external_attr, info.file_size = zipfile.ZIP_DEFLATED, 0o644 << 16, size
        info._compresslevel = 0 if packed else 1  # type: ignore[attr-defined]
        sha = None if sha256 else hashlib.sha256()
        with self._zip.open(info, "w") as target:
            for chunk in chunks:
                if sha:
                    sha.update(chunk)
                target.write(chunk)
                yield self._out.taken()
        self.hashes[name] = sha.hexdigest() if sha else sha256
        yield self._out.taken()

    def text(self, name: str, text: str, *, at: dt.datetime) -> Iterator[bytes]:
        data = text.encode()
        return self.file(name, [data], size=len(data), at=at)

    def end(self) -> bytes:
        self._zip.close()
        return self._out.taken()


def hash_list(hashes: dict[str, str], folder: str = "") -> str:
    """What `sha256sum -c` reads, for the files in `folder`, named from there."""
    lines = [f"{sha}  {name.removeprefix(folder)}\n" for name, sha in hashes.items() if name.startswith(folder)]
    return "".join(lines)
