"""Documents, replaced as a whole."""

from motherlode.contracts.documents import Document
from motherlode.runner.session import is_local, local_path
from motherlode.runner.storage import Storage
from motherlode.settings import Paths


def document_path(paths: Paths, document: Document) -> str:
    folder = str(local_path(paths.documents).absolute()) if is_local(paths.documents) else paths.documents
    return f"{folder.rstrip('/')}/{document.name}.{document.suffix}"


def write_document(storage: Storage, paths: Paths, document: Document, text: str) -> None:
    storage.write(document_path(paths, document), text.encode())
