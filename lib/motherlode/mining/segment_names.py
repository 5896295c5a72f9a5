"""Segments in words: what sets a cluster's centre apart from the mean customer."""

from collections.abc import Mapping, Sequence

# (measure, above the mean, below the mean), as said of a segment's customers.
WORDS: tuple[tuple[str, str, str], ...] = (
    ("money", "big spenders", "small spenders"),
    ("frequency", "frequent", "infrequent"),
    ("recency", "lapsed", "recently active"),
    ("basket", "large baskets", "small baskets"),
    ("online", "buying online", "buying in store"),
    ("discount", "discount seekers", "paying full price"),
    ("visits", "browsing often", "seldom browsing"),
    ("email", "reading e-mails", "ignoring e-mails"),
)
NEVER_BOUGHT = "not yet buying"
NEAR = 0.25  # deviations from the mean below which a trait sets nobody apart


def name_segments(centres: Sequence[Mapping[str, float]], non_buyers: Sequence[bool]) -> list[str]:
    """A different name for each segment, in order; a later one says more where an earlier one took its words.

    Args:
        centres: each segment's measures, in standard deviations from the mean customer.
        non_buyers: whether most of a segment's customers never bought: their baskets say nothing then.
    """
    names: list[str] = []
    for centre, never in zip(centres, non_buyers, strict=True):
        apart, rest = _traits(centre, never)
        said, unsaid = apart[:2], apart[2:] + rest
        while ", ".join(said) in names and unsaid:
            said.append(unsaid.pop(0))
        name = ", ".join(said)
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names


def _traits(centre: Mapping[str, float], never: bool) -> tuple[list[str], list[str]]:
    """What sets the segment apart, strongest first, and the rest of what could be said."""
    told = [row for row in WORDS if not never or row[0] in ("visits", "email")]
    strongest = sorted(told, key=lambda row: -abs(centre[row[0]]))
    words = [above if centre[measure] > 0 else below for measure, above, below in strongest]
    count = sum(abs(centre[measure]) >= NEAR for measure, _, _ in strongest)
    apart = [NEVER_BOUGHT, *words[:count]] if never else words[:count]
    return apart or ["average"], words[count:]
