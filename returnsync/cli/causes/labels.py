"""Causes that lie with the label."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

LABELS: Mapping[Cause, Explanation] = {
    Cause.LABEL_WANTED: Explanation(
        "No setting says whether a return without a shipment gets a label, or whether it has one was not read.",
        (
            (
                "The platform made this return without a shipment. It is announced, but no setting says whether it "
                "gets a label."
            ),
            "An earlier version read this return, and did not ask whether it was made without a shipment.",
        ),
        "The platform made the return without a shipment of its own. It is announced, but a label is neither bought "
        "nor left out until a setting says so. So far only "
        "[Returnista](platforms/returnista.md#a-return-without-a-shipment) reports such returns.\n\nAfter an upgrade "
        "from a version that did not read this, returns that still wait for their label are read from the platform "
        "again before their label is asked for. One that cannot be read waits under this cause until it can, and is "
        "held after a day. One that its platform no longer has is held as "
        "[vanished-at-platform](#vanished-at-platform).",
        "Write into the table of the source that the entry names\n\n- `label_without_shipment = true` if these "
        "parcels come to the warehouse on Monta's label: one is made, and billed, for each;\n- "
        "`label_without_shipment = false` if they come without one, or nothing is sent: each is settled once it is "
        "announced.\n\nThe next run then goes on with what was held. A retry without the setting has no effect, and "
        "buys nothing. For a label of only one of them: `returnsync replay CODE --new-label`. What was settled "
        "without a label stays so if the setting is changed later.",
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
        "Usually the carrier is not enabled on the order's channel. Monta's words are below the entry, and the entry "
        "lists the enabled carriers if Monta shows them. No label was made.\n\nIf Monta refuses three different "
        "orders in a row in the same words, they are not held: they [wait](#labels-stopped). All orders wait when the "
        "account may not make labels (403), or is refused as a whole. An order that meets this three times, while "
        "labels of others are made in between, is held.",
        "Enable the carrier on the channel in Monta's portal, or choose [another carrier](how-to/carriers.md) by the "
        "setting that the entry names. Then retry.",
    ),
    Cause.LABEL_IN_DOUBT: Explanation(
        "It is not certain whether the label was made.",
        ("It is not certain whether its label was made; asking again could buy a second one.",),
        "The label was asked for, and no clear answer came back: the connection was lost, the server failed, or the "
        "process was killed. Or the account was refused when a label was asked for, and for a day Monta answered "
        "other requests, but not those about this label. Monta may have made a label, and each costs money. If Monta "
        "shows something that may be it, the entry names it: a tracking code on the forecast, or a label of the order "
        "that returnsync does not know. Neither is a proof, so a person has to look. The same happens to "
        "announcements that were found at Monta by a state that did not make them, for example [after the state was "
        "lost](how-to/move.md).",
        "1. Look in Monta's portal for a label of this forecast.\n2. If there is one, save it under the name that the "
        "entry gives, `labels/<warehouse>/<code>.pdf`, then retry. It must be the file itself, not a link to it.\n3. "
        "If there is none, and the entry names something that Monta shows, ask Monta's support first. If no label was "
        "made: `returnsync replay CODE --new-label`.\n\nAfter an outage there may be several. Once you know that no "
        "label was made for any of them:\n\n    returnsync held resolve label-in-doubt --none-made\n\nIt looks for "
        "each once more, and leaves out those of which it finds a sign. Then it says how many labels will be made, "
        "and asks you. The next run asks Monta for them.",
    ),
    Cause.LABEL_UNUSABLE: Explanation(
        "A label was probably made, but what came cannot be used; it is kept beside the labels.",
        (
            "The label that came is that of forecast …, byte for byte.",
            "What came for it before and cannot be used as a label is kept as ….",
        ),
        "A label was probably made and billed, but what came is not a complete PDF, PNG or ZPL file, or it is byte "
        "for byte the label of another forecast. It is kept: the entry names the file, beside the labels, "
        "`labels/<warehouse>/<code>.unusable.bin`.",
        "1. Look at what came. If your printer takes it, use it, and `returnsync held release CODE`.\n2. Otherwise "
        "look for the label in Monta's portal, save it as `labels/<warehouse>/<code>.pdf`, then retry.\n3. If there "
        "is none: `returnsync replay CODE --new-label`.",
    ),
}
