"""Causes that lie with the label."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

LABELS: Mapping[Cause, Explanation] = {
    Cause.LABEL_WANTED: Explanation(
        "No setting says whether a return made without a shipment gets a label, or it was not read.",
        (
            (
                "The platform made this return without a shipment. It is announced, but no setting says whether it "
                "gets a label."
            ),
            "An earlier version read this return, and did not ask whether it was made without a shipment.",
        ),
        "The platform made the return without a shipment of its own. It is announced, and neither is a label bought in "
        "silence nor is one left out in silence. So far only "
        "[Returnista](platforms/returnista.md#a-return-without-a-shipment) tells of such returns.\n\n"
        "After an upgrade from a version that did not ask, returns that still wait for their label are read from the "
        "platform once more before it is asked for. One that cannot be read waits with this word until it can, and is "
        "held after a day. One that its platform no longer has is held as "
        "[vanished-at-platform](#vanished-at-platform).",
        "Write into the table of the source that the entry names\n\n"
        "- `label_without_shipment = true` if these parcels come to the warehouse on Monta's label: one is made, and "
        "billed, for each;\n"
        "- `label_without_shipment = false` if they come without one, or nothing is sent: each is settled once it is "
        "announced.\n\n"
        "The next run lets what was held go on by itself; a retry alone does not, and buys nothing. For a label of one "
        "of them alone: `returnsync replay CODE --new-label`. What was settled without a label stays so when the "
        "setting is changed later.",
    ),
    Cause.LABEL_REFUSED: Explanation(
        "The warehouse refused to make the label.",
        (
            "The warehouse refused to make a label with carrier … (HTTP …); none was made.",
            (
                "Each time that its label was asked for, the account was refused (HTTP …), while labels of others were "
                "made in between."
            ),
            "Another label could not be asked for now.",
        ),
        "Mostly the carrier is not enabled on the order's channel. Monta's words stand below the entry, which lists "
        "the carriers that are enabled, where Monta tells. No label was made.\n\nWhere Monta refuses three different "
        "orders in a row in the same words, they are not held for that: they [wait](#labels-stopped). So do all where "
        "the account may not make labels (403), or is refused as a whole. An order that meets that three times, while "
        "labels of others are made in between, is held.",
        "Enable the carrier on the channel in Monta's portal, or choose [another carrier](how-to/carriers.md) by the "
        "setting that the entry names. Then retry.",
    ),
    Cause.LABEL_IN_DOUBT: Explanation(
        "It is not certain whether the label was made.",
        ("It is not certain whether its label was made; asking again could buy a second one.",),
        "The call for the label was made, and no clear answer came back: the connection was lost, the server failed, "
        "or the process was killed. Or the account was refused when it was asked for a label, and for a day Monta "
        "answered other questions, but not those about it. Monta may have made a label, and each costs money. Where "
        "Monta shows something that may be it, the entry names it: a tracking code on the forecast, or a label of the "
        "order that is none of ours. Neither proves it, so a person looks. The same happens to announcements that were "
        "found at Monta by a state that did not make them, as [after a lost state](how-to/move.md).",
        "1. Look in Monta's portal for a label of this forecast.\n"
        "2. There is one: save it under the name that the entry gives, `labels/<warehouse>/<code>.pdf`, then retry. "
        "The file settles it; a link does not, nor does anything else than a file.\n3. There is none: where the "
        "entry names something that Monta shows, ask Monta's support first. If no label was made: `returnsync replay "
        "CODE --new-label`.\n\nAfter an outage there may be several. Once you know that no label was made for "
        "any of them:\n\n    returnsync held resolve label-in-doubt --none-made\n\nIt looks for each once more, and "
        "leaves out those of which it finds a sign. Then it says how many labels that makes, and asks. The next run "
        "asks Monta for them.",
    ),
    Cause.LABEL_UNUSABLE: Explanation(
        "A label was probably made, but what came cannot be used; it is kept beside the labels.",
        (
            "The label that came is that of forecast …, byte for byte.",
            "What came for it before, and is no label that can be used, is kept as ….",
        ),
        "A label was probably made and billed, but what came is no whole PDF, PNG or ZPL file, or it is byte for byte "
        "the label of another forecast. Nothing of it is thrown away: the entry names the file that holds it, beside "
        "the labels, `labels/<warehouse>/<code>.unusable.bin`.",
        "1. Look at what came. If your printer takes it, use it, and `returnsync held release CODE`.\n"
        "2. Else look for the label in Monta's portal, save it as `labels/<warehouse>/<code>.pdf`, then retry.\n"
        "3. There is none: `returnsync replay CODE --new-label`.",
    ),
}
