"""The settings that every source has, whatever its platform; reading a configuration needs no more than these."""

from datetime import UTC, date, datetime, time
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from returnsync import paths
from returnsync.http.account import CallSettings
from returnsync.mapping.order_rules import OrderNumberRule
from returnsync.model import Return
from returnsync.platforms.named_orders import NamedOrders


def _as_moment(value: object) -> object:
    """Read TOML's bare dates and naive times as UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise ValueError("write a date such as 2026-11-01, without quotes")


MOMENT = [
    {"type": "string", "format": "date"},
    {"type": "string", "format": "date-time"},
    # Tombi's own format for a date-time without a zone. Other tools do not know it, and check only the pattern.
    {"type": "string", "format": "date-time-local", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"},
]
"""JSON Schemas of a date and a date-time in TOML. JSON has neither, so tools that check TOML turn them into strings."""

Moment = Annotated[datetime, BeforeValidator(_as_moment), WithJsonSchema({"anyOf": MOMENT})]


ConfigPath = paths.ConfigPath
"""A path, or a pattern of paths, that may be relative to the configuration's folder."""


def _https(text: str) -> str:
    """Require https: mails to consumers contain the address, and they may click it."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or any(sign.isspace() for sign in text):
        raise ValueError("must be an https address of a page, e.g. https://carrier.example/points")
    return text


HttpsAddress = Annotated[str, AfterValidator(_https)]


IN_SAMPLE = "in_sample"
"""Set in a field's `json_schema_extra`: the sample contains the field, although it is not required by itself."""

ASKED_FIRST = "asked_first"
"""Set in a field's `json_schema_extra`: `init` asks for it before the others, although it is not required by itself."""


class SourceSettings(CallSettings):
    """One account on a return platform; the table's name is the source's name."""

    platform: str = Field(description="The kind of platform.", examples=["returnista"])
    warehouse: str = Field(description="The warehouse account that receives these returns.", examples=["monta"])
    start_from: Moment = Field(
        description="Nothing created before this moment is announced; `run` counts what it leaves out. It is "
        "required, so that a first run cannot announce last year's returns. A date without a time means "
        "midnight in UTC. `run`, `check` and `status` say so if it is in the future. A source that starts "
        "more than a year ahead is not read.",
        examples=[date(2026, 11, 1)],
    )
    id: str = Field(
        default="",
        description="The lasting identity of this source, part of every code at the warehouse. "
        "Defaults to the source's name; set it to the old name when you rename a source.",
        examples=["shop-nl"],
        max_length=40,
    )
    only: NamedOrders | None = Field(
        default=None,
        description="Deliver only the returns of these orders. Write each one exactly as the platform does, with its "
        "# if it has one. Everything else is read and planned, and waits as `not-in-only`. `run`, `check` and "
        "`status` say so. Once the setting is removed, `guard_first` applies as for a first run. An empty "
        "list is refused.",
        examples=[["#1001"]],
    )
    own_label: Literal["keep", "replace"] = Field(
        default="keep",
        description="What to do when the platform itself gave a label or tracking number: keep it and announce with "
        "it, or replace it and ask the warehouse for a label nevertheless.",
        examples=["keep"],
    )
    announce_delivered: bool = Field(
        default=False,
        description="Announce a return that was delivered before it was ever announced.",
        examples=[False],
    )
    send_updates: bool = Field(
        default=False,
        description="Send a change of lines or units after the announcement to the warehouse, "
        "instead of holding the return for a person.",
        examples=[False],
    )
    order_number: tuple[OrderNumberRule, ...] | None = Field(
        default=None,
        description="Rules that turn the platform's order number into the warehouse's, applied in order: "
        "`strip_prefix`, `strip_suffix`, `pattern` (a regular expression of at most 500 characters) with `replace`, "
        "`case`, `table` (a CSV file) or `lookup` (another system is asked). "
        "When absent, the platform's own default applies (Returnista: a leading # is stripped).",
        examples=[[{"strip_prefix": "#"}, {"pattern": "^EXC-(.+)$", "replace": r"\1"}]],
    )
    carriers: dict[str, str] = Field(
        default_factory=dict,
        description="The platform's carrier or shipping product → the warehouse's carrier. For what is not named here, "
        "`carriers_by_country` decides, then the known names of carriers, then the warehouse's default.",
        examples=[{"postnl_parcel": "PostNL", "dpd": "DPD"}],
    )
    carriers_by_country: dict[str, str] = Field(
        default_factory=dict,
        description="The country that a parcel comes from (ISO code) → the warehouse's carrier, for what `carriers` "
        "does not name.",
        examples=[{"BE": "DPD"}],
    )
    sku_table: ConfigPath = Field(
        default="",
        description="A CSV file of two columns: the platform's SKU, the warehouse's SKU. Other SKUs stay as they are.",
        examples=["skus.csv"],
    )
    sku_case: Literal["exact", "ignore"] = Field(
        default="exact",
        description="Whether SKUs that differ only in upper and lower case are the same, if none is equal.",
        examples=["exact"],
    )
    sku_leading_zeros: Literal["exact", "ignore"] = Field(
        default="exact",
        description="Whether SKUs that differ only in leading zeros are the same, if none is equal.",
        examples=["exact"],
    )
    repeated_sku: Literal["hold", "fill"] = Field(
        default="hold",
        description="What to do with a SKU that is on several lines of an order: `hold` the return, or `fill` line by "
        "line, up to what was ordered minus what is announced already.",
        examples=["hold"],
    )
    bundles: dict[str, dict[str, Annotated[int, Field(ge=1)]]] = Field(
        default_factory=dict,
        description="Bundles that the warehouse splits: the bundle's SKU → the SKUs in one, with how many of each.",
        examples=[{"GIFT-SET": {"SOCK-A": 1, "SOCK-B": 2}}],
    )
    guard_new: int = Field(
        default=100,
        ge=1,
        description="Refuse to deliver when there are more new announcements than this, and also more than "
        "`guard_factor` allows. `guard_factor` allows that many times the number of the largest day of the "
        "last 90, for each day since the source last delivered.",
        examples=[100],
    )
    guard_factor: int = Field(default=10, ge=1, description="See `guard_new`.", examples=[10])
    guard_first: int = Field(
        default=500, ge=1, description="Refuse a first run with more new announcements than this.", examples=[500]
    )
    hand_over: tuple[Literal["folder", "email", "command"], ...] = Field(
        default=("folder",),
        description="How a label reaches the consumer once its file is on disk: `folder` leaves it there, `email` "
        "mails it through [mail], `command` gives it to `hand_over_command`; in this order. Labels that were "
        "asked for before a run first saw a method are handed over by it only with `returnsync labels send`.",
        examples=[["email"]],
    )
    hand_over_within: int = Field(
        default=3,
        ge=1,
        le=60,
        description="For how many days after it was asked for a label may be handed over by itself. One that is not "
        "handed over by then is held as `not-handed-over`.",
        examples=[3],
    )
    hand_over_command: tuple[str, ...] = Field(
        default=(),
        description="A program with its arguments, started without a shell for each label. The label's file is its "
        "last argument, and it gets one JSON object on its standard input. It must end with 0 when the label "
        "is handed over, or with 75 to be started again later. With any other exit code the return is held.",
        examples=[["/usr/local/bin/upload-label"]],
    )
    hand_over_timeout: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Seconds that the program may take for one label.",
        examples=[60.0],
    )
    shop_name: str = Field(
        default="",
        max_length=100,
        description="The name of the shop in mails. Without it, the name in `from` of [mail], else the name of the "
        "source.",
        examples=["Example Shop"],
    )
    language: Literal["en", "nl", "de", "fr"] = Field(
        default="en",
        description="The language of mails to consumers whose locale and country do not decide it.",
        examples=["nl"],
    )
    mail_templates: ConfigPath = Field(
        default="",
        description="A folder with templates of your own, by language. For those that are not there, returnsync's own "
        "are used.",
        examples=["mails"],
    )
    send_within_days: int | None = Field(
        default=None,
        ge=1,
        le=365,
        description="Within how many days after its label was made a return is to be sent; mails name the last day. "
        "Without it they name none.",
        examples=[14],
    )
    drop_off: dict[str, HttpsAddress] = Field(
        default_factory=dict,
        description="Carrier → the page on which its drop-off points are found, for mails. The carrier is written as "
        "the warehouse writes it.",
        examples=[{"PostNL": "https://carrier.example/points"}],
    )
    time_budget: float = Field(
        default=300.0,
        gt=0,
        description="Seconds that reading this source may take in one run. The next run reads what is left, so that a "
        "slow platform does not hold up the others.",
        examples=[300.0],
    )

    selecting: ClassVar[tuple[str, ...]] = ()
    """The settings that decide which records are ours and what their words mean.

    When one of them changes, the source is read again from `start_from`, since records that were skipped may count now.
    """
    label_setting: ClassVar[str] = ""
    """The setting, `True`, `False` or `None`, that says whether a return that was made without a shipment gets a label.

    Empty where the platform marks no such returns. While it is `None`, each such return is announced and held.
    """

    def about_returns_without_items(self) -> Literal["", "hold", "whole-order"]:
        """What is done with a return that lists no items; empty where no setting decides it, and it is held."""
        return ""

    @property
    def methods(self) -> tuple[str, ...]:
        """How its labels are handed to consumers, apart from the folder, in order."""
        return tuple(dict.fromkeys(method for method in self.hand_over if method != "folder"))

    def warehouse_of(self, ret: Return) -> str:  # noqa: ARG002 - for sources whose brands go to several
        """The warehouse account that a return goes to."""
        return self.warehouse

    def warehouses(self) -> tuple[str, ...]:
        """Every warehouse account that a return of this source may go to, its own first."""
        return (self.warehouse,)
