"""The one HTTP client over requests: authentication, paging, retry and limits, composed."""
