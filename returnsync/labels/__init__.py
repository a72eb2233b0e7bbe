"""Label files: what counts as one (`kinds`), and the folder where each is written whole or not at all (`folder`)."""

from returnsync.labels.files import LabelFile
from returnsync.labels.folder import LabelFolder
from returnsync.labels.kinds import is_label, kind_of

__all__ = ["LabelFile", "LabelFolder", "is_label", "kind_of"]
