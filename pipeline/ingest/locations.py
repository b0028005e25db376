"""Where every path of a run can be read: in folders, and in archives, which are listed when one needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.catalogue import Catalogue
from pipeline.ingest.changes import archives_of
from pipeline.ingest.header.header import Header
from pipeline.ingest.reasons import ARCHIVE
from pipeline.ingest.source.companions import with_companions
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.listing import Listed, Listing, Unlisted

Lister = Callable[[Iterable[SourcePath]], Mapping[str, Listed]]


@dataclass
class Locations:
    """Paths by token, those found so far; `lister` lists archives."""

    by_token: dict[str, SourcePath]
    lister: Lister
    listings: dict[str, Listing | Unlisted] = field(default_factory=dict)

    def open_archives(self, archives: Iterable[SourcePath]) -> list[SourcePath]:
        """The paths in archives, from now on found; one that was listed before is not listed again."""
        new = [archive for archive in archives if archive.token not in self.listings]
        listings = self.lister(new) if new else {}
        self.listings |= {token: listing for token, listing in listings.items() if listing}
        whole = [listing for listing in listings.values() if isinstance(listing, Listing)]
        members = [member for listing in whole for member in listing.members]
        self.by_token |= {member.token: member for member in members}
        return members

    def with_companions(self, files: Sequence[SourcePath]) -> list[SourcePath]:
        """The files, each with those that it needs of the paths found so far."""
        return with_companions(files, self.by_token.values())

    def of(self, tokens: Iterable[str], catalogue: Catalogue) -> list[SourcePath]:
        """The paths of tokens, in the order in which they are read best; their archives are listed."""
        wanted = sorted(tokens)
        missing = [token for token in wanted if token not in self.by_token]
        if missing:
            self.open_archives(self.by_token[token] for token in sorted(archives_of(catalogue, missing)))
            lost = [token for token in missing if token not in self.by_token]  # it changes just now
            self.by_token |= {
                token: SourcePath(token, b"", "", 0, 0, "io_error", "ArchiveChanged") for token in lost
            }
        return in_order([self.by_token[token] for token in wanted])


def in_order(files: Sequence[SourcePath]) -> list[SourcePath]:
    """Paths by their place on the disk: a compressed archive is read from its beginning to its end."""
    return sorted(files, key=lambda file: (file.path, file.member.offset if file.member else 0))


def header_of(archive: SourcePath, listing: Listing | Unlisted) -> Header:
    """What stands for the header of an archive."""
    if isinstance(listing, Unlisted):
        return Header(archive.size, archive.mtime_ns, reason=listing.reason, detail=listing.detail)
    return Header(archive.size, archive.mtime_ns, reason=ARCHIVE, members=len(listing.members))
