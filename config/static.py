"""Static files: hashed and compressed once collected, under their plain names before."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedOrPlain(CompressedManifestStaticFilesStorage):
    """Tests and runserver need no collected files; after `up` has collected them, an unknown name is an error."""

    def stored_name(self, name: str) -> str:
        return str(super().stored_name(name)) if self.hashed_files else name
