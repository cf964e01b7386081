from collections.abc import Mapping

class OAuth:
    url: str
    consumer_key: str
    consumer_secret: str
    version: str
    method: str
    timestamp: int
    def __init__(
        self,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        *,
        version: str = ...,
        method: str = ...,
        oauth_timestamp: int = ...,
    ) -> None: ...
    def get_oauth_url(self) -> str: ...
    def generate_oauth_signature(self, params: dict[str, object], url: str) -> str: ...
    @staticmethod
    def sorted_params(params: Mapping[str, object]) -> dict[str, object]: ...
    @staticmethod
    def normalize_parameters(params: Mapping[str, object]) -> dict[str, str]: ...
    @staticmethod
    def generate_nonce() -> str: ...
