"""Whether the service is about to stop."""


class Lifecycle:
    """Begins as running; what takes long or repeats asks here before it begins something new."""

    def __init__(self) -> None:
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def stop(self) -> None:
        """Say that the service is about to stop; it may be said in a signal handler."""
        self._is_stopping = True
