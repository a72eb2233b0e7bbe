"""Causes about bringing a label to its consumer."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

_PAGE = "[Bring the label to the consumer](how-to/hand-over.md)"

HAND_OVER_WAITS: Mapping[Cause, Explanation] = {
    Cause.HAND_OVER_OUT: Explanation(
        "What brings labels to consumers cannot be used now; what waits goes once it can.",
        ("What brings labels to consumers cannot be used now.",),
        "The mail server cannot be reached, or does not take mails from this account now: no connection, no login, a "
        "certificate that is not trusted, a sender that is refused, two mails in a row to which it gave no answer, or "
        "templates that cannot be read. Or the program of `hand_over_command` cannot be started, or did not end in "
        "its time for another label. Runs end with 75 where that heals by itself, else with 78, and say what to do.",
        "What the run says. A label whose time runs out meanwhile (`hand_over_within`) is held as "
        "[not-handed-over](#not-handed-over).",
    ),
    Cause.MAIL_TESTED: Explanation(
        "Its label was mailed to `test_to` alone, which hands nothing over.",
        ("Its label was mailed to `test_to` of [mail] alone. The consumer gets it once that is taken out.",),
        f"`test_to` stands in `[mail]`, to try mails out. {_PAGE} tells how.",
        "Take `test_to` out. The next run mails to the consumers what is not older than `hand_over_within`.",
    ),
    Cause.HAND_OVER_FAILED: Explanation(
        "The mail server does not take the mail now, or did not say whether it took it; it is tried again later.",
        ("Whether the mail server took the mail is not known. It is sent once more, under the same Message-ID.",),
        "A server that answers 4xx to one mail may take it later (greylisting does that on purpose): it is tried after "
        "1, 5, 15 and then every 60 minutes. Where the connection was lost after the whole mail was sent, it may have "
        "been taken: it is sent once more after 15 minutes, so that the consumer has a label for sure. Both copies "
        "bear the same Message-ID. A program that ends with 75 is started again after the same pauses.",
        "Nothing. After `hand_over_within` it is held as [not-handed-over](#not-handed-over).",
    ),
}

HAND_OVER: Mapping[Cause, Explanation] = {
    Cause.ADDRESS_REFUSED: Explanation(
        "The mail server refused the mail, mostly because it does not know the address.",
        ("The mail server refused the mail with its label (…).",),
        "The server answered 5xx to the address or to the mail. Nothing was sent.",
        "1. Look at the address in the platform's portal, and at what the server said.\n"
        "2. If it can be mended there, mend it, then `returnsync replay CODE`: it reads the return again, and mails.\n"
        "3. Else send the label yourself, and `returnsync held release CODE`.",
    ),
    Cause.HAND_OVER_REFUSED: Explanation(
        "The program that hands labels over ended with an exit code other than 0 and 75.",
        ("The program that hands labels over ended with ….",),
        "What it wrote last to its standard error stands beside the entry, masked of the consumer.",
        "Start it by hand as the user that runs returnsync, mend what is wrong, then `returnsync replay CODE`. If the "
        "consumer has the label: `returnsync held release CODE`.",
    ),
    Cause.HAND_OVER_UNUSABLE: Explanation(
        "Its label cannot be mailed as it is: no address, no file, or a template that fails.",
        (
            "Its platform tells no address for mail of the consumer, so its label cannot be mailed.",
            "The template … fails (…).",
            "The file of its label, …, is not there.",
            "Its label is for a label printer (…), which is of no use to a consumer.",
        ),
        "The platform left the consumer's address out, as marketplaces may. Or the label's file was moved, or a "
        "template of your own cannot be rendered for this return.",
        "Mend what the entry says, then retry. See what would be mailed: `returnsync mail --preview CODE`. If you send "
        "the label yourself: `returnsync held release CODE`.",
    ),
    Cause.HAND_OVER_IN_DOUBT: Explanation(
        "Its label may have been handed over, and nobody knows.",
        (
            "Its label was mailed twice, and each time the mail server did not say whether it took the mail.",
            "The program that hands labels over did not come to its end, and nobody knows what it did.",
        ),
        "The connection was lost, or the process was killed, after the whole mail was sent, and again at the one "
        "repetition that there is. Or the program took longer than `hand_over_timeout`, or was ended by a signal, "
        "or was running when returnsync was killed. Nothing but a person's word sends it again, also not `retry`.",
        "1. Ask whoever runs the mail server, or the consumer, whether it came.\n"
        "2. If none came: `returnsync labels send CODE`.\n"
        "3. If it came: `returnsync held release CODE`.",
    ),
    Cause.NOT_HANDED_OVER: Explanation(
        "Its label could not be brought to the consumer in time.",
        ("Its label of … could not be brought to the consumer within … days.",),
        "What stood in the way lasted longer than `hand_over_within` (3 days). An older label is mailed by nothing but "
        "a person's word: the consumer may have helped themselves by now.",
        "`returnsync labels send CODE` mails it now. If the consumer has it: `returnsync held release CODE`.",
    ),
}
