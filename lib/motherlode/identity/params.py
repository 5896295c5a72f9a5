"""The rules by which evidence becomes customers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class IdentityParams:
    """The versioned rule set; the customers are a pure function of evidence and these."""

    version: str = "1"
    """Name of this rule set; raise it with every change."""
    blocked: tuple[str, ...] = ()
    """Keyed hashes of identifiers that mean nobody: no evidence, no customer."""
    not_evidence: tuple[str, ...] = ("household", "order")
    """Types that say something about a record, and nothing about who a person is."""
    unique: tuple[str, ...] = ("crm_id", "user_id", "loyalty_card")
    """Types of which a customer has at most one in each scope: two accounts of one shop are two people, however
    they are connected, and an account here and one there may be one person's."""
    strength: tuple[str, ...] = (
        "crm_id", "user_id", "loyalty_card", "subscriber", "device", "advertising_id", "cookie", "cart", "email",
        "phone",
    )  # fmt: skip
    """Types from the strongest to the weakest; one not named here is weaker than all of them. An edge is
    as strong as its weaker end; where edges contradict each other, the weaker one gives way."""
    timed: tuple[str, ...] = ("device", "advertising_id", "cookie")
    """Types that a login ties to a person for a while, so that several people may share one in turn."""
    max_people: int = 1
    """Values of one unique type and scope that a timed identifier may be seen with before it counts as shared."""
    supernode: int = 10
    """Values of one unique type and scope that any other identifier may be seen with before its edges are cut."""
    max_hours: int = 12
    """An event on a shared identifier is a person's only if it is at most so far from a login of theirs."""
    component_bound: int = 2_000_000
    """Vertices of the graph that are solved on one partition; a larger graph is first contracted."""

    def __post_init__(self) -> None:
        for name in ("max_people", "supernode", "max_hours", "component_bound"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, found {getattr(self, name)}")
        if both := sorted(set(self.unique) & set(self.timed)):
            raise ValueError(f"{', '.join(both)}: cannot be unique and timed at once")
