"""What a user may set about how a model of texts is trained; the YAML template and the documentation are made of it."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

SHIPPED: Final = "all-minilm-l6-v2"
"""The backbone that is always there."""
LINEAR: Final = "tfidf-logreg"
LEXICON: Final = "lexicon"
BASELINES: Final = (LINEAR, LEXICON)
"""Backbones that are no network: TF-IDF with a logistic regression, and a lexicon of words with their polarity."""
SEEDS_MOST: Final = 10
SPLIT_ERROR: Final = 1e-6

Method = Literal["full", "last_layers", "lora", "head"]
DataFormat = Literal["json", "jsonl", "csv", "parquet", "phrasebank"]
"""`phrasebank` is a line a row, `sentence@label`, as the Financial PhraseBank is written (Malo and others 2014)."""
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]


NO_ENCODING: Final = "{!r} is no encoding: write utf-8, utf-16, cp1252 or another one that Python knows."


def is_encoding(name: str) -> bool:
    """Tell whether Python knows an encoding of text by this name; one of bytes into bytes, such as base64, is none."""
    try:
        b"text".decode(name, errors="replace")
    except LookupError:
        return False
    return True


class _Section(BaseModel):
    """Settings with descriptions; an unknown one is refused. A number may be written as text, as YAML reads `2e-5`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_for_one(cls, given: Any, info: ValidationInfo) -> Any:
        """Raise ValueError for `true` where a number or a word is meant: pydantic would take it for 1."""
        if isinstance(given, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            msg = f"Must be a value of its own, not {str(given).lower()}"
            raise ValueError(msg)
        return given


class TrainingSettings(_Section):
    """`training`: the backbone and how it learns."""

    backbone: str = Field(
        SHIPPED,
        min_length=1,
        max_length=128,
        description=f"A network by name (`{SHIPPED}` ships, others as the operator has put them, such as `ProsusAI/finbert`), "
        f"or a baseline: `{LINEAR}`, `{LEXICON}`.",
    )
    method: Method | None = Field(
        None,
        description="What learns: `full` (all weights), `last_layers`, `lora` (low-rank additions, merged before they are saved), `head` "
        "(only the classifier, over embeddings that are computed once). Default: `full` with a GPU, else `head`; `notes` say which.",
    )
    batch_size: int = Field(16, ge=1, le=512, description="Texts in a step.")
    learning_rate: float | None = Field(
        None, gt=0, le=1, description="Peak rate of AdamW. Default: 2e-5 for `full` and `last_layers`, 2e-4 for `lora`, 1e-3 for `head`."
    )
    num_epochs: int = Field(3, ge=1, le=100, description="How often every text is learned from, at most.")
    random_seed: Seed = Field(42, description="Of weights, order and dropout.")
    fp16: bool = Field(default=False, description="Half precision where a GPU is; elsewhere single, and `notes` say so.")
    gradient_checkpointing: bool = Field(default=False, description="Computes activations again: less memory, more time.")
    gradient_accumulation_steps: int = Field(1, ge=1, le=256, description="Batches whose gradients are added before a step.")
    warmup_ratio: float = Field(0.1, ge=0, le=0.5, description="Share of the steps over which the rate rises; then it falls to zero.")
    weight_decay: float = Field(0.01, ge=0, le=1, description="Of AdamW.")
    class_weights: Literal["balanced", "none"] = Field(
        "none", description="`balanced`: a text of a rare label counts for more, by the inverse of the label's share."
    )
    early_stopping_patience: int | None = Field(
        None, ge=1, le=50, description="Epochs without a better macro F1 on the validation part before it ends; null: never."
    )
    last_layers: int = Field(2, ge=1, le=24, description="Of `last_layers`: how many of the encoder's layers learn beside the classifier.")
    lora_rank: int = Field(8, ge=1, le=128, description="Of `lora`: rank of what is added to each attention's projections.")
    seeds: tuple[Seed, ...] = Field(
        (), max_length=SEEDS_MOST, description="Further seeds that are trained and measured, too; the model is that of `random_seed`."
    )
    num_workers: int = Field(1, ge=1, le=8, description="Processes that train together, each on its share of every batch.")


class PreprocessingSettings(_Section):
    """`preprocessing`: which columns are read, and how texts become tokens."""

    text_column: str = Field("text", min_length=1, max_length=128, description="The column of the texts.")
    label_column: str = Field("label", min_length=1, max_length=128, description="The column of their labels.")
    symbol_column: str | None = Field(
        None, min_length=1, max_length=128, description="By which results are sliced; null: `symbol` if there."
    )
    max_length: int = Field(128, ge=8, le=512, description="Tokens of a text at most.")
    truncation: bool = Field(default=True, description="Whether longer texts are cut; else one fails the training, which names its row.")
    padding: bool = Field(
        default=True, description="Whether texts of a batch are filled up to the longest of them; else every text to `max_length`."
    )
    lowercase: bool = Field(default=False, description="Whether texts are lowercased before the tokenizer, which may do so by itself.")
    labels: tuple[str, ...] | None = Field(
        None, min_length=2, max_length=20, description="The labels in their order; null: those of the data, sentiment from low to high."
    )

    @field_validator("labels")
    @classmethod
    def _apart(cls, labels: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Raise ValueError for a label that is empty, or named twice."""
        if labels is not None and (len(set(labels)) < len(labels) or not all(label.strip() for label in labels)):
            msg = "Each label is a word of its own, and is named once"
            raise ValueError(msg)
        return labels


class DataSettings(_Section):
    """`data`: how the rows are split; by label in equal shares, and near-duplicates on one side."""

    train_split: Share = Field(0.8, description="Share of the rows to learn from; the three shares add up to 1.")
    val_split: Share = Field(
        0.1, description="Share of the rows by which the best epoch is chosen and probabilities are calibrated; may be 0."
    )
    test_split: Share = Field(0.1, description="Share of the rows on which it is measured in the end.")
    random_seed: Seed = Field(42, description="Of the split.")
    group_column: str | None = Field(None, min_length=1, max_length=128, description="Rows with the same value stay on one side.")
    format: DataFormat | None = Field(None, description="Of the file; null: as its name and content tell.")
    encoding: str | None = Field(
        None, min_length=1, max_length=40, description="How the file is encoded, such as `cp1252`; null: as its bytes tell."
    )
    split_column: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        description="The column that says whether a row is of `train`, `validation` or `test`; null: `split`, `subset` or `partition`, "
        "where there is one.",
    )
    heed_split: bool = Field(
        default=True, description="Whether a column of the file decides the parts; else, and where there is none, the shares above do."
    )

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str | None) -> str | None:
        """Raise ValueError for what is no encoding of text."""
        if encoding is not None and not is_encoding(encoding):
            msg = NO_ENCODING.format(encoding)
            raise ValueError(msg)
        return encoding

    @model_validator(mode="after")
    def _whole(self) -> "DataSettings":
        """Raise ValueError where the parts are not the whole, or nothing is left to learn from or to measure on."""
        whole = self.train_split + self.val_split + self.test_split
        if abs(whole - 1) > SPLIT_ERROR:
            msg = f"train_split, val_split and test_split must add up to 1; these are {whole:g}"
            raise ValueError(msg)
        if self.train_split == 0 or self.test_split == 0:
            msg = "train_split and test_split must be above 0: there must be rows to learn from and rows to measure on"
            raise ValueError(msg)
        return self


class TextConfig(_Section):
    """How a model of texts is trained."""

    training: TrainingSettings = Field(default_factory=TrainingSettings, description="The backbone and how it learns.")
    preprocessing: PreprocessingSettings = Field(
        default_factory=PreprocessingSettings, description="Which columns are read, and how texts become tokens."
    )
    data: DataSettings = Field(default_factory=DataSettings, description="How the rows are split.")
