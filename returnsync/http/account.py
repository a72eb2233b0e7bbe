"""The settings of every account that is reached over HTTP, platform or warehouse."""

from pydantic import Field

from returnsync.toml_model import TomlModel

# Seconds. Much longer times are more than a timer of the system can hold.
_DAY = 86_400


class CallSettings(TomlModel):
    """How calls to one account are made."""

    base_url: str = Field(description="The address of the API.")
    connect_timeout: float = Field(
        default=5.0, gt=0, le=_DAY, description="Seconds to wait for a connection.", examples=[5.0]
    )
    read_timeout: float = Field(
        default=30.0, gt=0, le=_DAY, description="Seconds to wait for the next bytes of an answer.", examples=[30.0]
    )
    exchange_timeout: float = Field(
        default=90.0,
        gt=0,
        le=_DAY,
        description="Seconds that one call may take in all, from the lookup of the server's name to the last byte of "
        "the answer.",
        examples=[90.0],
    )
    attempts: int = Field(
        default=4, ge=1, description="How often a read is tried, the first time included.", examples=[4]
    )
    retry_budget: float = Field(
        default=120.0,
        ge=0,
        le=_DAY,
        description="Seconds that one run may spend on retries for this account.",
        examples=[120.0],
    )
    limits: dict[str, int] = Field(
        default_factory=dict,
        description="Requests that this account may make per window (10s, 5m, 1h, 1d). "
        "The default is 80 % of the published rates; a platform that publishes none has no limit.",
        examples=[{"5m": 3600}],
    )
