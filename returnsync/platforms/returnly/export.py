"""Recorded exports: pages as the API gave them, kept in files (section 5). They are read instead of the API.

They are read from the last file to the first, by name, and each return once: the later file counts.

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
        """Prepare; files are searched for only when they are needed."""
        self._source = source
        self._pattern = Path(pattern)

    def files(self) -> list[Path]:
        """The files by name, the last first.

        Raises:
            AccountRefused: there are none, or their folder cannot be read.
        """
        try:
            # The existing part of the path is not matched: its name may contain characters of a pattern.
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
        """The records of one file after another, joined with their parts; one file is in memory at a time.

        Raises:
            AccountRefused: there are no files, or, after all were tried, some of them are not exports.
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
                "Record them again, each as one JSON:API page or a list of pages, or remove them from the folder. The "
                "other files were read.",
            )


def _read(path: Path) -> list[object]:
    content = decode_json(path.read_bytes())
    pages = content if isinstance(content, list) else [content]
    return [record for page in pages for record in joined(page)]
