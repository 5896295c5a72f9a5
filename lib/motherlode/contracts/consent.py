"""What holds for people who never decided."""

from dataclasses import dataclass

from motherlode.contracts.tables import Purpose


@dataclass(frozen=True)
class Consent:
    """What holds for a person who never decided on a purpose. It has to be chosen: there is no default for it.

    Args:
        analytics: findings may rest on what they did.
        personalisation: they may get offers of their own.
        marketing: they may be written to.
    """

    analytics: bool
    personalisation: bool
    marketing: bool

    def of(self, purpose: Purpose) -> bool:
        """What holds for one purpose."""
        return bool(getattr(self, purpose.value))
