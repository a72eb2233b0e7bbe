"""The carrier of one announcement's label: which it is, whether its parcel fits, and why one is refused."""

from http import HTTPStatus

from returnsync.engine.deliver.delivery import Delivery
from returnsync.errors import AccountError, CallError, HoldError, NotAllowed, Refused
from returnsync.mapping import carriers
from returnsync.mapping.carriers import CarrierFacts, Choice, ChosenBy
from returnsync.mapping.channels import called, carriers_of, titles
from returnsync.model import UNREADABLE_COUNTRY, Cause
from returnsync.platforms.source_settings import SourceSettings
from returnsync.warehouses.interface import WarehouseSettings


def choose(delivery: Delivery) -> Choice:
    """The carrier that its label is asked of, and what decided that.

    It makes no request, so it cannot fail for one: between an answered create and its outcome nothing may fail.
    """
    rules = rules_of(delivery.source.settings, _known(delivery), delivery.settings)
    return carriers.choose(delivery.ret.carrier, carriers.country_of(delivery.ret), rules)


def rules_of(source: SourceSettings, known: tuple[CarrierFacts, ...], settings: WarehouseSettings) -> carriers.Rules:
    """The rules by which a carrier is chosen for a source at a warehouse."""
    return carriers.Rules(source.carriers, source.carriers_by_country, known, settings.carrier)


def choose_fitting(delivery: Delivery) -> Choice:
    """The carrier that its label is asked of, if it takes the parcel, as far as the platform describes the parcel.

    Raises:
        HoldError: the parcel exceeds a limit of the carrier; or the carrier depends on a country that cannot be read.
            Nothing was sent.
    """
    choice = choose(delivery)
    by_country = delivery.source.settings.carriers_by_country
    is_unreadable = carriers.country_of(delivery.ret) == UNREADABLE_COUNTRY
    if by_country and is_unreadable and choice.by is not ChosenBy.TABLE:
        raise _unreadable_country(delivery)
    excess = carriers.excess(delivery.ret.parcel, choice.code, _known(delivery))
    if excess:
        raise HoldError(
            Cause.CARRIER_UNFIT,
            excess,
            f"For another carrier, {_setting(delivery, choice)}. If the figures are wrong, correct them at the "
            "platform. Then: returnsync held retry <CODE>.",
        )
    return choice


def _unreadable_country(delivery: Delivery) -> HoldError:
    what = "The parcel's country cannot be read, and `carriers_by_country` chooses the carrier by it."
    if delivery.announcement.announced_at is not None:
        # Only its label is still missing.
        next_step = (
            "Correct the country at the platform, then: returnsync held retry <CODE>. If no label of the warehouse is "
            "needed: returnsync held release <CODE>."
        )
    else:
        next_step = (
            "Correct the country at the platform, and it goes on once it is read. Otherwise announce it by hand, "
            "then: returnsync held release <CODE>."
        )
    return HoldError(Cause.CARRIER_UNFIT, what, next_step)


def in_words(delivery: Delivery) -> tuple[str, str]:
    """The carrier that its label is asked of, and which setting to change for another one."""
    choice = choose(delivery)
    return choice.code, _setting(delivery, choice)


def explain_refusal(delivery: Delivery, choice: Choice, error: Refused | NotAllowed) -> HoldError:
    """The warehouse refused a label with the carrier. Where the carrier may be the reason, list which are allowed."""
    allowed = _allowed(delivery, choice) if error.status == HTTPStatus.BAD_REQUEST else ""
    return HoldError(
        Cause.LABEL_REFUSED,
        f"The warehouse refused to make a label with carrier {choice.code} (HTTP {error.status}); none was "
        f"made.{allowed}",
        f"Check in the warehouse's portal that {choice.code} is enabled on the order's channel, and that the REST API "
        f"account may generate shipping labels. Or, for another carrier, {_setting(delivery, choice)}. "
        "Then: returnsync held retry <CODE>.",
        foreign=error.foreign,
    )


def _known(delivery: Delivery) -> tuple[CarrierFacts, ...]:
    return delivery.ctx.accounts.known_carriers(delivery.announcement.warehouse)


def _setting(delivery: Delivery, choice: Choice) -> str:
    source, warehouse = delivery.source, delivery.announcement.warehouse
    has_table = bool(source.settings.carriers)
    return carriers.setting(choice, delivery.ret.carrier, source.name, warehouse, has_table=has_table)


def _allowed(delivery: Delivery, choice: Choice) -> str:
    """The carriers listed for the order's channel, or for each; empty where none are listed or it cannot be read."""
    try:
        channels = [] if delivery.ctx.stop.is_set() else delivery.ctx.accounts.channels(delivery.announcement.warehouse)
    except (AccountError, CallError):
        return ""
    if not any(channel.carriers for channel in channels):
        return ""
    one = called(channels, delivery.settings.channel or (_origin(delivery) if len(channels) > 1 else ""))
    if one is None:
        listed = "; ".join(f"{title}: {carriers_of(channel)}" for title, channel in titles(channels))
        return f" Enabled are, by channel: {listed}."
    also = " It is among them, so the account may lack the right to make labels." if choice.code in one.carriers else ""
    return f" Enabled on the order's channel are: {carriers_of(one)}.{also}"


def _origin(delivery: Delivery) -> str:
    """The channel of the order, read again where no setting names it; empty where it cannot be read."""
    try:
        order = delivery.warehouse.order(
            delivery.ctx.numbers.known(delivery.db, delivery.source, delivery.announcement)
        )
    except (AccountError, CallError, HoldError):
        return ""
    return order.channel if order else ""
