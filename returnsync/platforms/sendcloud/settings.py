"""The settings of an account at Sendcloud."""

from typing import ClassVar, Literal

from pydantic import Field

from returnsync.model import Return
from returnsync.platforms.windows import CreationSettings
from returnsync.secrets import SecretRef


class SendcloudSettings(CreationSettings):
    """The settings of an account at Sendcloud, through one of its API integrations."""

    platform: Literal["sendcloud"] = Field(description="The kind of platform.", examples=["sendcloud"])
    public_key: SecretRef = Field(
        description="Public key of a Sendcloud API integration.", examples=["env:SENDCLOUD_PUBLIC_KEY"]
    )
    secret_key: SecretRef = Field(description="Its secret key.", examples=["env:SENDCLOUD_SECRET_KEY"])
    auth: Literal["basic", "oauth2"] = Field(
        default="basic",
        description="How the keys are used: as they are, or to get an access token, if the integration is set up for "
        "that.",
        examples=["basic"],
    )
    base_url: str = Field(default="https://panel.sendcloud.sc/api/v3", description="The address of the API.")
    token_url: str = Field(
        default="https://account.sendcloud.com/oauth2/token", description="The address that gives access tokens."
    )
    portal_url: str = Field(
        default="https://panel.sendcloud.sc/api/v2",
        description="The address of the public settings of return portals. No credentials are sent there.",
    )
    brand_domains: tuple[str, ...] = Field(
        default=(),
        description="Domains of the brands' return portals, by which `map-reasons` finds the reasons that each offers.",
        examples=[["shop-nl"]],
    )
    brands: dict[str, str] = Field(
        default_factory=dict,
        description="Brands, by their number, whose returns go to another warehouse account.",
        examples=[{"4711": "monta"}],
    )
    approved_statuses: tuple[str, ...] = Field(
        default=(),
        description="Further statuses that mean approved: the status of the parcel, for open returns (`no-label`), or "
        "the pair as it is shown (`open/no-label`). Other unknown statuses are held.",
        examples=[["no-label"]],
    )

    without_items: Literal["hold", "whole-order"] = Field(
        default="hold",
        description="What to do with a return that lists no items: `hold` it, or announce all units of its order at "
        "the warehouse that are not announced yet (`whole-order`), without flyers and without the parts of "
        "bundles.",
        examples=["hold"],
    )

    selecting: ClassVar[tuple[str, ...]] = ("approved_statuses",)

    def about_returns_without_items(self) -> Literal["hold", "whole-order"]:
        """The value of `without_items`."""
        return self.without_items

    def warehouse_of(self, ret: Return) -> str:
        """The warehouse account of the return's brand, or the usual one where the brand has none."""
        return self.brands.get(ret.brand, self.warehouse)

    def warehouses(self) -> tuple[str, ...]:
        """The usual warehouse, and those of brands."""
        return tuple(dict.fromkeys((self.warehouse, *self.brands.values())))
