"""Activation: what leaves for people and other systems."""

from motherlode.contracts.documents import Document
from motherlode.contracts.tables import Layer

REPORT = Document(
    Layer.ACTIVATION, "report", "One self-contained HTML page: what came in, who is who, what was found", "activation"
)
DOCUMENTS = (REPORT,)
