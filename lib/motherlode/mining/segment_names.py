"""Segments in words: what clearly sets their customers apart."""

from collections.abc import Mapping, Sequence

# (trait, above the mean, below the mean), as said of a segment's customers. The words compare, and the first three,
# whose scores stand beside the name, go before the others.
VALUE: tuple[tuple[str, str, str], ...] = (
    ("recency", "bought recently", "longer silent"),
    ("frequency", "frequent", "infrequent"),
    ("money", "big spenders", "small spenders"),
)
HABITS: tuple[tuple[str, str, str], ...] = (
    ("basket", "large baskets", "small baskets"),
    ("online", "buying more online", "buying more in store"),
    ("discount", "more discounts", "fewer discounts"),
    ("visits", "browsing often", "seldom browsing"),
    ("email", "opening more e-mails", "opening fewer e-mails"),
)
NEVER_BOUGHT = "not yet buying"
AVERAGE = "average"
CLEAR = 0.5  # deviations from the mean from which on a trait sets apart: a medium effect (Cohen 1988)


def name_segments(traits: Sequence[Mapping[str, float]], non_buyers: Sequence[bool]) -> list[str]:
    """A different name for each segment, in order; a later one says more where an earlier one took its words.

    Args:
        traits: how far each segment's mean lies from that of all, in standard deviations; without those of
            which too little is known.
        non_buyers: whether most of a segment's customers never bought.
    """
    names: list[str] = []
    for apart, never in zip(traits, non_buyers, strict=True):
        words = ([NEVER_BOUGHT] if never else []) + _words(apart)
        said, unsaid = words[:2] or [AVERAGE], words[2:]
        while ", ".join(said) in names and unsaid:
            said.append(unsaid.pop(0))
        name = ", ".join(said)
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names


def _words(apart: Mapping[str, float]) -> list[str]:
    """What clearly sets the segment apart: its strongest of recency, frequency and money, then by strength."""
    value, habits = _clear(VALUE, apart), _clear(HABITS, apart)
    return [word for _, word in value[:1] + sorted(value[1:] + habits, key=lambda told: -told[0])]


def _clear(words: Sequence[tuple[str, str, str]], apart: Mapping[str, float]) -> list[tuple[float, str]]:
    """Strength and word of the traits that stand out, strongest first."""
    found = [(apart[trait], above, below) for trait, above, below in words if trait in apart]
    told = [(abs(far), above if far > 0 else below) for far, above, below in found if abs(far) >= CLEAR]
    return sorted(told, key=lambda pair: -pair[0])
