"""The one error that the simulator shows to a person."""


class SimulateError(Exception):
    """A one-line message that says what is wrong and what to do."""
