from typing import Any

class API:
    url: str
    consumer_key: str
    consumer_secret: str
    wp_api: bool
    version: str
    is_ssl: bool
    timeout: float
    verify_ssl: bool
    query_string_auth: bool
    user_agent: str
    def __init__(
        self,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        *,
        wp_api: bool = ...,
        version: str = ...,
        timeout: float = ...,
        verify_ssl: bool = ...,
        query_string_auth: bool = ...,
        user_agent: str = ...,
    ) -> None: ...
    def _API__get_url(self, endpoint: str) -> str: ...
    def _API__request(
        self,
        method: str,
        endpoint: str,
        data: Any,
        params: dict[str, Any] | None = ...,
        **kwargs: Any,
    ) -> Any: ...
    def get(self, endpoint: str, **kwargs: Any) -> Any: ...
    def post(self, endpoint: str, data: Any, **kwargs: Any) -> Any: ...
    def put(self, endpoint: str, data: Any, **kwargs: Any) -> Any: ...
    def delete(self, endpoint: str, **kwargs: Any) -> Any: ...
    def options(self, endpoint: str, **kwargs: Any) -> Any: ...
