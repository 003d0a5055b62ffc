"""The colours of all surfaces, by subject: light and dark pages, stages and verdicts."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "default"
"""The subject whose colours every subject without its own wears."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one surface.

    Attributes:
        background: Behind everything.
        card: Behind grouped text.
        highlight: Behind the text that is spoken about now.
        ink: Main text, on all three.
        muted: Secondary text, on background and card.
        accent: Emphasis: bars, discs, and text on background, card and highlight.
        on_accent: Text on `accent`.
        line: Hairlines and ornaments; never text.
        is_quiet: Large areas take the highlight, with the accent on it: bright ones would glare.
    """

    background: str
    card: str
    highlight: str
    ink: str
    muted: str
    accent: str
    on_accent: str
    line: str
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The colours of a wrong or a right idea: text and icon on a tinted card."""

    card: str
    ink: str
    mark: str
    on_mark: str


LIGHT_PAGES = {
    "default": Palette(
        background="#f5f7fb",
        card="#ffffff",
        highlight="#e2ebfd",
        ink="#111b2e",
        muted="#4a566d",
        accent="#1b4fc4",
        on_accent="#ffffff",
        line="#d3dcec",
    ),
    "physics": Palette(
        background="#f6f5fc",
        card="#ffffff",
        highlight="#e8e5fd",
        ink="#17142e",
        muted="#534f70",
        accent="#4b3bd1",
        on_accent="#ffffff",
        line="#dad6f0",
    ),
    "chemistry": Palette(
        background="#f2f8f9",
        card="#ffffff",
        highlight="#d9f0f2",
        ink="#0b2429",
        muted="#425c63",
        accent="#0b6b78",
        on_accent="#ffffff",
        line="#cbe1e4",
    ),
    "biology": Palette(
        background="#f4f8f1",
        card="#ffffff",
        highlight="#e0f1d8",
        ink="#13241a",
        muted="#475a4c",
        accent="#24713a",
        on_accent="#ffffff",
        line="#d1e2cb",
    ),
    "mathematics": Palette(
        background="#faf5f8",
        card="#ffffff",
        highlight="#fae3ef",
        ink="#2a1022",
        muted="#664a5c",
        accent="#a81d6c",
        on_accent="#ffffff",
        line="#ead5e0",
    ),
    "earth science": Palette(
        background="#faf7f0",
        card="#ffffff",
        highlight="#fbe8d0",
        ink="#2b1c0c",
        muted="#66553f",
        accent="#984408",
        on_accent="#ffffff",
        line="#e8dcc6",
    ),
    "computing": Palette(
        background="#f3f6f8",
        card="#ffffff",
        highlight="#dce9f1",
        ink="#0f1c27",
        muted="#475a69",
        accent="#1f5675",
        on_accent="#ffffff",
        line="#cfdde6",
    ),
}
"""Where explaining happens."""

DARK_PAGES = {
    "default": Palette(
        background="#0c1220",
        card="#162036",
        highlight="#22345c",
        ink="#f3f7ff",
        muted="#a9b8d6",
        accent="#85aeff",
        on_accent="#06163d",
        line="#2a3a5e",
        is_quiet=True,
    ),
    "physics": Palette(
        background="#100e1f",
        card="#1b1830",
        highlight="#2b2650",
        ink="#f4f2ff",
        muted="#b4aed6",
        accent="#a79bff",
        on_accent="#14103a",
        line="#332e55",
        is_quiet=True,
    ),
    "chemistry": Palette(
        background="#07171b",
        card="#0f252b",
        highlight="#173c45",
        ink="#eefbfd",
        muted="#9fc3ca",
        accent="#5fd0de",
        on_accent="#00252b",
        line="#1f454e",
        is_quiet=True,
    ),
    "biology": Palette(
        background="#0c1710",
        card="#15241a",
        highlight="#22402c",
        ink="#f1fbf3",
        muted="#a9c6b1",
        accent="#7fd694",
        on_accent="#05250f",
        line="#274632",
        is_quiet=True,
    ),
    "mathematics": Palette(
        background="#1a0d16",
        card="#281523",
        highlight="#45223a",
        ink="#fff3fa",
        muted="#d5b0c6",
        accent="#ff93cb",
        on_accent="#3a0524",
        line="#4a2740",
        is_quiet=True,
    ),
    "earth science": Palette(
        background="#17110a",
        card="#241b11",
        highlight="#43311c",
        ink="#fff8ee",
        muted="#d0bda3",
        accent="#ffb066",
        on_accent="#2e1600",
        line="#4a3823",
        is_quiet=True,
    ),
    "computing": Palette(
        background="#0b1117",
        card="#151e27",
        highlight="#22384a",
        ink="#eff7fc",
        muted="#a6bccb",
        accent="#7cc4e8",
        on_accent="#04222f",
        line="#2a3d4c",
        is_quiet=True,
    ),
}
"""The same, for lessons in the dark appearance."""

STAGES = {
    "default": Palette(
        background="#0f1c3a",
        card="#1a2a50",
        highlight="#26396a",
        ink="#f7f9ff",
        muted="#b9c6e4",
        accent="#ffcb52",
        on_accent="#1d1600",
        line="#2b3d69",
    ),
    "physics": Palette(
        background="#17123d",
        card="#241d58",
        highlight="#332a76",
        ink="#f8f7ff",
        muted="#c3bdec",
        accent="#ffc847",
        on_accent="#1f1700",
        line="#352c70",
    ),
    "chemistry": Palette(
        background="#062b33",
        card="#0d3d47",
        highlight="#14515d",
        ink="#f2fdff",
        muted="#abd3da",
        accent="#ffb86b",
        on_accent="#241200",
        line="#17505b",
    ),
    "biology": Palette(
        background="#0d2b1d",
        card="#163d2a",
        highlight="#205038",
        ink="#f4fff6",
        muted="#b4d6bf",
        accent="#d3ec5f",
        on_accent="#171d00",
        line="#235239",
    ),
    "mathematics": Palette(
        background="#33102b",
        card="#481a3d",
        highlight="#5d2550",
        ink="#fff6fb",
        muted="#e3bcd3",
        accent="#7fe3cf",
        on_accent="#00201a",
        line="#5c2a4f",
    ),
    "earth science": Palette(
        background="#2e1c0d",
        card="#422b17",
        highlight="#573b22",
        ink="#fffaf2",
        muted="#e0caae",
        accent="#8fd8e8",
        on_accent="#06222b",
        line="#584027",
    ),
    "computing": Palette(
        background="#15293a",
        card="#20394f",
        highlight="#2b4a66",
        ink="#f4fafe",
        muted="#b3c9d8",
        accent="#74e3a1",
        on_accent="#04210f",
        line="#35536d",
    ),
}
"""Where questions and takeaways stand, in both appearances."""

LIGHT_WRONG = Verdict(card="#fdeceb", ink="#7a1712", mark="#c0261d", on_mark="#ffffff")
LIGHT_RIGHT = Verdict(card="#e6f5ea", ink="#0f4a25", mark="#17793b", on_mark="#ffffff")
DARK_WRONG = Verdict(card="#3a1513", ink="#ffd9d5", mark="#ff8f85", on_mark="#3a0703")
DARK_RIGHT = Verdict(card="#0f2f1b", ink="#d3f5dd", mark="#6fdb92", on_mark="#04260f")
