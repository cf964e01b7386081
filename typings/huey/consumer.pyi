from huey.api import Huey

class Consumer:
    def __init__(
        self,
        huey: Huey,
        workers: int = ...,
        periodic: bool = ...,
        initial_delay: float = ...,
        max_delay: float = ...,
        scheduler_interval: int = ...,
        shutdown_timeout: float | None = ...,
    ) -> None: ...
    shutdown_timeout: float | None
    def start(self) -> None: ...
    def stop(self, graceful: bool = ...) -> None: ...
    def _set_signal_handlers(self) -> None: ...
