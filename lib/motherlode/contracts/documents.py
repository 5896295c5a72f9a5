"""A document, such as the report: what the last layer writes besides tables."""

from dataclasses import dataclass

from motherlode.contracts.fields import check_name
from motherlode.contracts.tables import Layer


@dataclass(frozen=True)
class Document:
    """One self-contained file, replaced as a whole; its transform returns the text."""

    layer: Layer
    name: str
    doc: str
    owner: str
    suffix: str = "html"

    def __post_init__(self) -> None:
        check_name("document", self.name)

    @property
    def full_name(self) -> str:
        return f"{self.layer.label}.{self.name}"
