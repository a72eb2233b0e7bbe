"""Causes that lie with the platform: what it says of a return, or no longer says."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

PLATFORMS: Mapping[Cause, Explanation] = {
    Cause.STATUS_UNKNOWN: Explanation(
        "The platform gives a status that is not known here.",
        ("The platform gives it the status …, which returnsync does not know.",),
        "Platforms add words, and shops make their own. An unknown word is never taken for an approval.",
        "If the word means approved, add it to `approved_statuses` of the source where it has that setting, then "
        "retry. If it means something else, wait for the next status, or release it.",
    ),
    Cause.NO_ITEMS: Explanation(
        "The return lists no items, so nothing says what of its order comes back.",
        (
            "The return lists no items: the platform does not say what of order … comes back.",
            "The return listed items of order … before, and lists none now: it is not known what comes back.",
            "The return lists no items, and all units of order … are announced already.",
            (
                "The return lists no items, and something of order … is on backorder: nobody can tell how many units "
                "were sent."
            ),
        ),
        "At Sendcloud that is normal for returns made with the panel's own form or by a shop's program. Nothing was "
        "sent.",
        "Where something of the order is on backorder, announce by hand what comes back, then release it. Otherwise, "
        "one of these helps:\n\n- Find out what the consumer sends back, announce that by hand at Monta, then release "
        "it. Where the platform lists items later, the return goes on by itself.\n- Where such a return always means "
        'the whole order, set [`without_items = "whole-order"`](platforms/sendcloud.md#returns-without-items) for '
        "the source, then retry.\n\nWith that setting, the entry may also say that all units of the order are "
        "announced already: look which of the order's forecasts is this return. If one is, release it; if one is a "
        "mistake, remove it in Monta's portal, then retry. Or it says that the return listed items before and lists "
        "none now, which no setting explains: look it up at the platform.",
    ),
    Cause.UNREADABLE: Explanation(
        "A record of the platform cannot be read; it is kept as it came and tried again at growing intervals.",
        ("This record of the platform cannot be read: ….",),
        "A field is missing or has the wrong type. Or an important field (an id, an order number, a SKU, a number of "
        "units, a status, a date) has an impossible value, such as NaN or bytes that are not UTF-8. Or a further read "
        "that it needs fails. The other records of its page are read. The record is kept as it came. The next run "
        "tries it again, later ones hourly for a day, then daily, and at once when it changes. If it is one article "
        "of a marketplace's return, the other articles wait until it can be read or is released.",
        "Look it up at the platform, and correct it there, or report it if it seems right there. Once it is "
        "corrected, retry it by the key that the entry gives: the next run reads it. If it is not yours, release it. "
        "It comes back only if it changes or you take the release back. Everything of it that was not announced "
        "before is released with it.\n\n`held` shows the order number, the tracking number and the time of creation "
        "of such a record, if its platform's fields of those names have them. `show`, `replay`, `retry` and `release` "
        "find it by either number, and by its key. `show` and `replay` say what cannot be read, and `show KEY --raw` "
        "shows the record as it was kept. `replay` reads it again, and ends with 1 while it cannot be read.",
    ),
    Cause.IDENTITY_UNCLEAR: Explanation(
        "It is not clear whether a record is a known return that was rewritten, or another one.",
        (
            (
                "It was made in the same instant as return …, with another order number or postal code: it may be that "
                "return, rewritten, or another one."
            ),
            "One listing shows two returns under this key, with different items.",
        ),
        "Sendcloud gives no ids, so [a return is known](platforms/sendcloud.md#section-43-what-a-return-is-known-by) "
        "by the instant of its creation, its order number and its postal code. Two things can make it unclear which "
        "return a record is; nothing is announced for it until that is clear.\n\n*It may be a known return.* It was "
        "made in the same instant and has another order number or postal code, and nothing shows whether it is that "
        "return or another one. The entry names the known returns that it may be (up to five of them); those that are "
        "not announced yet wait too.\n\n*Two returns have one key*, and different items. Both are held, in one entry.",
        "Look them up at Sendcloud. Where it may be a known return, say what it is, with the key that the entry "
        "gives:\n\n```sh\nreturnsync held resolve identity-unclear KEY --another          # another return: the next "
        "run announces it\nreturnsync held resolve identity-unclear KEY --same-as RETURN   # that known return, "
        "rewritten: it is read again\nreturnsync held release KEY                                     # not yours: "
        "left alone as long as its items stay the same\n```\n\n`retry` makes the next run read it again, but does not "
        "decide which return it is. It goes on by itself once one listing shows both, unless both have the same "
        "articles for different orders: then only you can tell. The entry goes away once Sendcloud writes the record "
        "as before.\n\nIf two returns have one key, they go on by themselves once a listing shows only one of them. "
        "If Sendcloud really has two, announce them by hand in Monta's portal, except one that has a code already "
        "(`returnsync show KEY` shows it), then release the entry. The one that has a code is still read; the other "
        "is left alone as long as its items stay the same.",
    ),
    Cause.VANISHED: Explanation(
        "The platform no longer has the return. One that was announced may have been cancelled.",
        (
            "The platform no longer has this return; it was not announced.",
            "The platform no longer shows this return, after it was announced. It may have been cancelled.",
        ),
        "Somebody removed it there. Where a platform may drop cancelled returns from its lists (Sendcloud), one that "
        "was announced and is no longer shown is held too. The same goes for one whose release was just taken back, "
        "and for one whose label depends on what only its platform can say.",
        "Look it up at the platform. If it was not announced and was removed on purpose, release it. If it was "
        "announced and is cancelled, remove its forecast in Monta's portal, then release it. If it is still coming, "
        "`retry` leaves it announced.",
    ),
    Cause.RELEASE_TAKEN_BACK: Explanation(
        "Its release was taken back, and its platform must be read first; it is held after a day.",
        (
            (
                "A person took its release back on …, and its platform could not be read since then, so nothing is "
                "done for it."
            ),
        ),
        "You took its release back. Nothing is sent for it until its platform has been read again, since it may have "
        "been cancelled or changed meanwhile. It waits for that, and is held if it takes a day.",
        "See why its source cannot be read: `returnsync check`. It goes on by itself once its platform was read. If "
        "nothing is to be done for the return, release it again.",
    ),
}
