"""In which precision a model of texts is served, and how int8 must answer beside the weights that were trained to be served."""

from typing import Annotated, Final, Literal

from pydantic import Field

from libs.contracts.envelope import Message

Precision = Literal["fp64", "fp32", "int8"]
"""`int8`: layers multiply 8-bit numbers; `fp32`: a network as it was trained; `fp64`: the baselines, which are no networks."""
MOVED_MOST: Final = 0.2
"""By how much a probability may differ at most."""
MOVED_MEAN: Final = 0.02
"""By how much probabilities may differ on average."""
AGREED: Final = 0.98
"""Of how many texts the label must be the same."""
F1_LOST: Final = 0.01
"""What macro F1 may fall by."""
Share = Annotated[float, Field(ge=0, le=1)]


class Int8Parity(Message):
    """What a network answers in int8 beside what it answers as it was trained, on the validation rows."""

    rows: int = Field(ge=1, description="Validation rows that were compared.")
    max_probability_difference: Share = Field(description=f"At most {MOVED_MOST:g} pass.")
    mean_probability_difference: Share = Field(description=f"Over rows and labels; at most {MOVED_MEAN:g} pass.")
    agreement: Share = Field(description=f"Share of the rows with the same label; at least {AGREED:g} pass.")
    macro_f1: float = Field(description="As trained.")
    macro_f1_int8: float = Field(description=f"In int8; {F1_LOST:g} less pass.")

    @property
    def problems(self) -> list[str]:
        """Why int8 is not served, in sentences; none where it passes."""
        found = []
        if self.max_probability_difference > MOVED_MOST:
            found.append(f"A probability differs by {self.max_probability_difference:.3g}; at most {MOVED_MOST:g} may be.")
        if self.mean_probability_difference > MOVED_MEAN:
            found.append(f"Probabilities differ by {self.mean_probability_difference:.3g} on average; at most {MOVED_MEAN:g} may be.")
        if self.agreement < AGREED:
            found.append(f"{self.agreement:.1%} of the rows get the same label; at least {AGREED:.0%} must.")
        if (lost := self.macro_f1 - self.macro_f1_int8) > F1_LOST:
            found.append(f"Macro F1 falls by {lost:.3g}, from {self.macro_f1:.3g}; at most {F1_LOST:g} may be.")
        return found
