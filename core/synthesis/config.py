"""Settings of a training run: a value that pages can show, with help for every field. Free of torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidConfig, listed
from core.fields import known_fields


def _setting(
    default: Any,
    label: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    group: str = "Training",
) -> Any:
    metadata = {"label": label, "help": help, "low": low, "high": high, "choices": choices, "group": group}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Every setting of a CTGAN run.

    Each field carries `label`, `help`, `low`, `high`, `choices` and `group` as dataclass metadata; the help says what
    the setting does to quality, time and privacy.

    Raises
    ------
    InvalidConfig
        If a value lies outside its range or contradicts another; `field` names it.
    """

    epochs: int = _setting(
        100,
        "Epochs",
        "Passes over the train rows. More epochs follow the real table more closely and take proportionally longer; "
        "very many on a small table can begin to memorise rows.",
        low=1,
        high=100_000,
    )
    seed: int = _setting(
        0,
        "Seed",
        "Start of every random number. The same seed, table, device and threads give the same model.",
        low=0,
        high=2**31 - 1,
    )
    batch_size: int = _setting(
        500,
        "Batch size",
        "Real rows in one step. Larger batches take fewer, steadier steps; presets take a tenth of the rows of a small "
        "table. Never more than there are rows. Must be a multiple of the pack size.",
        low=1,
        high=100_000,
    )
    pac: int = _setting(
        1,
        "Pack size (pac)",
        "Rows that the critic judges together. Packs show it a lack of variety and hide single rows from it, but it "
        "learns relations between columns many times slower: 10, the paper's choice, needs about three times the "
        "epochs for the same quality. Larger packs are the cautious choice for small, sensitive tables.",
        low=1,
        high=100,
    )
    learning_rate: float = _setting(
        5e-4,
        "Learning rate",
        "Step size of both networks. Higher learns faster and can become unstable.",
        low=1e-7,
        high=0.1,
    )
    schedule: str = _setting(
        "falling",
        "Learning rate schedule",
        "`falling` lowers the rate with the square root of the steps after the first 2,000: relations between columns "
        "come closer in a long run. `constant` keeps the rate. Both know no end, so a longer run equals an extended "
        "one. `to the end` lowers it over the second half of the epochs asked for: earlier checkpoints are then not "
        "what a shorter run would give. None costs time; what they do to privacy was not measured apart.",
        choices=("falling", "constant", "to the end"),
    )
    warm_up_steps: int = _setting(
        100,
        "Warm-up steps",
        "Steps in which the learning rate rises from zero; steadies the start, costs nothing.",
        low=0,
        high=100_000,
    )
    discriminator_steps: int = _setting(
        1,
        "Critic steps per generator step",
        "More critic steps give the generator a better teacher; time grows with them by about a half each.",
        low=1,
        high=20,
    )
    averaging: float = _setting(
        0.999,
        "Averaging of generator weights",
        "Decay of the running average of the generator's weights, from which rows are drawn. Steadies quality between "
        "epochs; 0 switches it off.",
        low=0.0,
        high=0.999999,
    )
    frequency: str = _setting(
        "log",
        "Frequencies in training-by-sampling",
        "How often a level is asked for while training: `log` shows rare levels more often, `true` follows the table. "
        "With `log` rows of rare levels are seen more often, and so are easier to memorise.",
        choices=("log", "true"),
    )
    target_share: float = _setting(
        0.0,
        "Share of conditions on the target",
        "Extra share of training conditions that ask for a level of the target column; 0 treats all columns alike. "
        "Higher values favour the use of the rows for predicting the target.",
        low=0.0,
        high=1.0,
    )
    conditional_weight: float = _setting(
        1.0,
        "Weight of the conditional loss",
        "How strongly the generator is held to the level asked of it.",
        low=0.0,
        high=100.0,
    )
    shares: str = _setting(
        "train rows",
        "Shares when drawing",
        "`train rows` moves the shares of levels and modes to those of the train rows when a model is saved, by its "
        "last bias alone: columns and pairs come much closer, relations stay as learned, no noticeable time. Rows that "
        "are steered to a level get the shares of its train rows in the same way, and numbers the distribution of the "
        "train rows inside their mode. "
        "`as learned` leaves them to the critic.",
        choices=("train rows", "as learned"),
    )
    target_first: float = _setting(
        0.5,
        "Share of rows that begin with the target",
        "Every drawn row begins with one level of one column. This extra share begins with a level of the target, "
        "drawn by its frequency, and gets offsets that were measured for it: what other columns have to do with the "
        "target comes out closer, pairs of other columns a little less close. 0 treats all columns alike; needs a "
        "target with levels. Costs no time, and takes sums over at least 10 train rows into the model.",
        low=0.0,
        high=1.0,
    )
    rare_level_weight: float = _setting(
        0.0,
        "Class weights of rare levels",
        "How much more the conditional loss counts for rare levels: 0 counts all alike, 1 by one over their share. "
        "Higher values make rows of rare levels follow what was asked; common levels pay for it a little, and rows of "
        "rare levels are easier to memorise. Costs no time.",
        low=0.0,
        high=1.0,
    )
    pair_weight: float = _setting(
        0.0,
        "Diversity: weight of pair matching",
        "Pulls the shares of levels and modes, and how they go together in pairs of columns, back to those of the "
        "train rows, so that fewer levels are lost; 0 switches it off. Try 0.1 where levels go missing; from 1 on it "
        "disturbs the critic and quality falls. Uses frequencies alone, no single rows. Costs a few percent of time; "
        "not done for rows of more than 1,200 slots.",
        low=0.0,
        high=10.0,
    )
    noise_size: int = _setting(
        128,
        "Noise size",
        "Random numbers from which one row is made.",
        low=1,
        high=4096,
        group="Networks",
    )
    generator_layers: tuple[int, ...] = _setting(
        (256, 256),
        "Generator layers",
        "Widths of the hidden layers, separated by commas. Wider learns finer detail and takes longer.",
        low=1,
        high=8192,
        group="Networks",
    )
    discriminator_layers: tuple[int, ...] = _setting(
        (256, 256),
        "Critic layers",
        "Widths of the critic's two hidden layers, separated by a comma. A wider critic can memorise more.",
        low=1,
        high=8192,
        group="Networks",
    )
    dropout: float = _setting(
        0.0,
        "Critic dropout",
        "Share of the critic's units silenced at random in each step. Less sharpens quality, more (the paper takes "
        "0.5) protects rows from being memorised.",
        low=0.0,
        high=0.95,
        group="Networks",
    )
    penalty_weight: float = _setting(
        10.0,
        "Gradient penalty",
        "How strongly the critic's slope is held at one.",
        low=0.0,
        high=1000.0,
        group="Networks",
    )
    temperature: float = _setting(
        0.2,
        "Gumbel temperature",
        "Softness of drawn levels while training; lower is nearer to true levels and harder to learn from.",
        low=0.01,
        high=10.0,
        group="Networks",
    )
    max_modes: int = _setting(
        10,
        "Modes per number column",
        "Most Gaussian modes that mode-specific normalisation fits to a column.",
        low=1,
        high=100,
        group="Encoding",
    )
    max_levels: int = _setting(
        500,
        "Levels per column",
        "Most levels of a column that the networks see. Rarer ones share a bucket and are redrawn from their "
        "frequencies, which keeps memory small and hides which rare level goes with which row.",
        low=2,
        high=100_000,
        group="Encoding",
    )
    locale: str = _setting(
        "en_US",
        "Locale of personal data",
        "Country and language of regenerated names, addresses and the like; Faker's name for it.",
        group="Encoding",
    )
    device: str = _setting(
        "auto",
        "Device",
        "`auto` takes a CUDA device where there is one.",
        choices=("auto", "cpu", "cuda"),
        group="Running",
    )
    precision: str = _setting(
        "full",
        "Precision",
        "`fast` lets matrix products round their factors to bfloat16 (processors with AVX-512 BF16 or AMX) or TF32 "
        "(GPUs): about a quarter less time on such a processor, no change on others. Check the quality of one run "
        "before relying on it.",
        choices=("full", "fast"),
        group="Running",
    )
    threads: int = _setting(
        0,
        "Threads",
        "Processor threads; 0 takes all cores. Kept for resuming, since sums differ in the last digit with it.",
        low=0,
        high=1024,
        group="Running",
    )
    checkpoint_every: int = _setting(
        10,
        "Epochs between checkpoints",
        "A checkpoint can be sampled and judged later; more of them take more disk, no noticeable time. With spacing "
        "`log` this is how often the run is saved against a crash, keeping the latest one.",
        low=1,
        high=100_000,
        group="Running",
    )
    checkpoint_spacing: str = _setting(
        "even",
        "Spacing of checkpoints",
        "`even` keeps one every so many epochs; `log` keeps epochs 1, 2, 3, 4, 6, 8, 12, 16, 23, 32 and so on, close "
        "together where a run changes fast: for comparing quality and privacy along a long run.",
        choices=("even", "log"),
        group="Running",
    )
    checkpoint_disk: int = _setting(
        2_000,
        "Disk for checkpoints (MB)",
        "When it is used up, every second checkpoint is given up; the last one always stays.",
        low=1,
        high=10_000_000,
        group="Running",
    )
    recovery: str = _setting(
        "divergence",
        "When training goes wrong",
        "`divergence`: when losses run away or are no longer numbers, go back to the last good checkpoint and go on "
        "with half the learning rate, at most five times. `divergence or collapse` does so too when levels or value "
        "ranges vanish from the drawn rows. `off` ends the run instead. What was done is shown on the curves.",
        choices=("off", "divergence", "divergence or collapse"),
        group="Running",
    )

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            _check(one, getattr(self, one.name))
        if self.batch_size % self.pac:
            below = self.batch_size // self.pac * self.pac
            nearest = " or ".join(str(size) for size in (below, below + self.pac) if size)
            raise InvalidConfig(
                f"The batch size {self.batch_size} is not a multiple of the pack size {self.pac}.",
                f"Take {nearest}, or another pack size.",
                field="batch_size",
            )
        if len(self.discriminator_layers) != 2:
            raise InvalidConfig(
                f"The critic has two hidden layers, but {len(self.discriminator_layers)} widths were given.",
                "Write two widths, such as 256,256.",
                field="discriminator_layers",
            )

    def with_settings(self, settings: Mapping[str, str]) -> TrainingConfig:
        """This configuration with some fields read from texts, as a form or a command line gives them.

        Raises
        ------
        InvalidConfig
            If a name is unknown, a text cannot be read, or a value lies outside its range.
        """
        known = {one.name: one for one in dataclasses.fields(self)}
        values: dict[str, Any] = {}
        for name, text in settings.items():
            if name not in known:
                raise InvalidConfig(
                    f"There is no setting called {name!r}.", f"Settings are: {listed(known, limit=40)}.", field=name
                )
            values[name] = _parse(known[name], str(text).strip())
        return dataclasses.replace(self, **values)

    def batch_for(self, n_rows: int) -> int:
        """Rows of a batch on a table of `n_rows` train rows: whole packs, and never more than there are rows."""
        return min(self.batch_size, n_rows) // self.pac * self.pac

    def steps_per_epoch(self, n_rows: int) -> int:
        """Generator steps in one epoch over `n_rows` train rows."""
        return max(1, n_rows // max(1, self.batch_for(n_rows)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        values = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TrainingConfig:
        """Rebuild a configuration from `to_json`; fields of other versions are ignored."""
        items = {name: tuple(item) if isinstance(item, list) else item for name, item in value.items()}
        return known_fields(cls, items)


def _check(one: dataclasses.Field, value: Any) -> None:
    """Refuse a value of the wrong kind or outside the range of its field."""
    kind = type(one.default)
    low, high, choices = one.metadata["low"], one.metadata["high"], one.metadata["choices"]
    parts = value if isinstance(value, tuple) else (value,)
    wanted = {int: "a whole number", float: "a number", tuple: "whole numbers", str: "a text"}[kind]
    fits = {
        int: isinstance(value, int) and not isinstance(value, bool),
        float: isinstance(value, (int, float)) and not isinstance(value, bool),
        tuple: isinstance(value, tuple) and bool(parts) and all(isinstance(part, int) for part in parts),
        str: isinstance(value, str),
    }[kind]
    if not fits:
        raise InvalidConfig(f"{one.metadata['label']} ({one.name}) is {value!r}, but must be {wanted}.", field=one.name)
    if choices and value not in choices:
        raise InvalidConfig(
            f"{one.metadata['label']} ({one.name}) is {value!r}.", f"It can be: {listed(choices)}.", field=one.name
        )
    if low is not None and not all(low <= part <= high for part in parts):
        raise InvalidConfig(
            f"{one.metadata['label']} ({one.name}) is {value!r}, but must lie between {low:g} and {high:g}.",
            field=one.name,
        )


def _parse(one: dataclasses.Field, text: str) -> Any:
    """The value of a field from its text."""
    kind = type(one.default)
    try:
        if kind is tuple:
            return tuple(int(part) for part in text.split(","))
        return kind(text)
    except ValueError:
        wanted = {int: "a whole number", float: "a number", tuple: "whole numbers separated by commas"}[kind]
        raise InvalidConfig(
            f"{one.metadata['label']} ({one.name}) is {text!r}, but must be {wanted}.", field=one.name
        ) from None
