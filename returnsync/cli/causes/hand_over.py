"""Causes about bringing a label to its consumer."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

_PAGE = "[Bring the label to the consumer](how-to/hand-over.md)"

HAND_OVER_WAITS: Mapping[Cause, Explanation] = {
    Cause.HAND_OVER_OUT: Explanation(
        "Labels cannot be handed over to consumers now; those that wait go later.",
        ("Labels cannot be handed over to consumers now.",),
        "The mail server cannot be reached, or does not accept mails from this account now: there is no connection or "
        "no login, its certificate is not trusted, the sender is refused, it gave no answer to two mails in a row, or "
        "templates cannot be read. Or the program of `hand_over_command` cannot be started, or did not end in time "
        "for another label. Runs say what to do. They end with 75 if it heals by itself, otherwise with 78.",
        "Do what the run says. A label that is not handed over within `hand_over_within` is held as "
        "[not-handed-over](#not-handed-over).",
    ),
    Cause.MAIL_TESTED: Explanation(
        "Its label was mailed only to `test_to`, so it is not handed over yet.",
        ("Its label was mailed only to `test_to` of [mail]. The consumer gets it once `test_to` is removed.",),
        f"`[mail]` has `test_to`, to try mails out: see {_PAGE}.",
        "Remove `test_to`. The next run mails the labels that are not older than `hand_over_within` to the consumers.",
    ),
    Cause.HAND_OVER_FAILED: Explanation(
        "The mail server does not take the mail now, or did not say whether it took it; it is tried again later.",
        ("Whether the mail server took the mail is not known. It is sent once more, under the same Message-ID.",),
        "A server that answers 4xx to one mail may take it later (greylisting does that on purpose): it is tried "
        "again after 1, 5, 15 and then every 60 minutes. If the connection was lost after the whole mail was sent, "
        "the server may have taken it. It is sent once more after 15 minutes, so that the consumer surely gets a "
        "label. Both copies have the same Message-ID. A program that ends with 75 is started again after the same "
        "pauses.",
        "Nothing. After `hand_over_within` it is held as [not-handed-over](#not-handed-over).",
    ),
}

HAND_OVER: Mapping[Cause, Explanation] = {
    Cause.ADDRESS_REFUSED: Explanation(
        "The mail server refused the mail, usually because it does not know the address.",
        ("The mail server refused the mail with its label (…).",),
        "The server answered 5xx to the address or to the mail. Nothing was sent.",
        "1. Look at the address in the platform's portal, and at what the server said.\n2. If you can correct the "
        "address there, do so, then `returnsync replay CODE`: it reads the return again, and mails.\n3. Otherwise "
        "send the label yourself, then `returnsync held release CODE`.",
    ),
    Cause.HAND_OVER_REFUSED: Explanation(
        "The program that hands labels over ended with an exit code other than 0 and 75.",
        ("The program that hands labels over ended with ….",),
        "The end of what it wrote to its standard error is with the entry; the consumer's data in it are masked.",
        "Start it by hand as the user that runs returnsync, correct what is wrong, then `returnsync replay CODE`. If "
        "the consumer has the label: `returnsync held release CODE`.",
    ),
    Cause.HAND_OVER_UNUSABLE: Explanation(
        "Its label cannot be mailed as it is: no address, no file, or a template that fails.",
        (
            "Its platform gives no e-mail address of the consumer, so its label cannot be mailed.",
            "The template … fails (…).",
            "The file of its label, …, is not there.",
            "Its label is for a label printer (…), which is of no use to a consumer.",
        ),
        "The platform left the consumer's address out, as marketplaces may. Or the label's file was moved, or a "
        "template of your own cannot be rendered for this return.",
        "Correct what the entry says, then retry. To see what would be mailed: `returnsync mail --preview CODE`. If "
        "you send the label yourself: `returnsync held release CODE`.",
    ),
    Cause.HAND_OVER_IN_DOUBT: Explanation(
        "It is not known whether its label was handed over.",
        (
            "Its label was mailed twice, and each time the mail server did not say whether it took the mail.",
            "The program that hands labels over did not finish, and what it did is not known.",
        ),
        "After the whole mail was sent, the connection was lost or the process was killed, and the same happened when "
        "it was sent once more. Or the program took longer than `hand_over_timeout`, was ended by a signal, or was "
        "running when returnsync was killed. It is sent again only when a person asks for it with `labels send`; "
        "`retry` does not send it.",
        "1. Ask the operator of the mail server, or the consumer, whether it came.\n2. If none came: `returnsync "
        "labels send CODE`.\n3. If it came: `returnsync held release CODE`.",
    ),
    Cause.NOT_HANDED_OVER: Explanation(
        "Its label could not be brought to the consumer in time.",
        ("Its label of … could not be brought to the consumer within … days.",),
        "The obstacle lasted longer than `hand_over_within` (3 days). An older label is mailed only when a person "
        "asks for it, since the consumer may have found another way by now.",
        "`returnsync labels send CODE` mails it now. If the consumer has it: `returnsync held release CODE`.",
    ),
}
