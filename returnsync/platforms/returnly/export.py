"""Recorded exports: pages as the API gave them, kept in files (section 5). They stand in place of the API.

Read from the last file to the first, by name, and each return once: what the later file says of it counts.

Sections are those of docs/platforms/returnly.md.
"""

from collections.abc import Iterator
from pathlib import Path

from returnsync.errors import AccountRefused
from returnsync.http.decoding import decode_json
from returnsync.platforms.records import key_of
from returnsync.platforms.returnly.wire import joined


class Export:
    """The files that a pattern matches. Each is one page of the listing, or a list of pages."""

    def __init__(self, source: str, pattern: str) -> None:
        """Look for files only when asked for them."""
        self._source = source
        self._pattern = Path(pattern)

    def files(self) -> list[Path]:
        """The files by name, the last first.

        Raises:
            AccountRefused: there are none, or their folder cannot be read.
        """
        try:
            # The part of it that is there needs no matching: its name may hold signs of a pattern's.
            folder = next(parent for parent in self._pattern.parents if parent.is_dir())
            found = folder.glob(str(self._pattern.relative_to(folder)))
            files = sorted((one for one in found if one.is_file() and not one.name.startswith(".")), reverse=True)
        except (OSError, ValueError, StopIteration):
            files = []
        if not files:
            raise AccountRefused(
                self._source,
                "The export has no files: nothing that can be read matches its pattern.",
                'Check the setting `export`: a pattern such as "returnly/*.json", from the folder of the file.',
            )
        return files

    def pages(self) -> Iterator[list[object]]:
        """The records of one file after the other, joined with their parts; one file in memory at a time.

        Raises:
            AccountRefused: there are no files, or, once all were tried, some of them are no export.
        """
        seen: set[str] = set()
        unreadable = []
        for path in self.files():
            try:
                records = _read(path)
            except (OSError, ValueError):
                unreadable.append(path.name)
                continue
            fresh = {key: record for record in records if (key := key_of(record)) not in seen}
            seen.update(fresh)
            yield list(fresh.values())
        if unreadable:
            raise AccountRefused(
                self._source,
                f"These files of the export cannot be read: {', '.join(sorted(unreadable))}.",
                "Record them anew, each as one JSON:API page or a list of pages, or take them out of the folder. "
                "The other files were read.",
            )


def _read(path: Path) -> list[object]:
    content = decode_json(path.read_bytes())
    pages = content if isinstance(content, list) else [content]
    return [record for page in pages for record in joined(page)]
