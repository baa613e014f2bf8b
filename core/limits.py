"""Limits that an analyst can meet, in one place, so that they can be said before the work starts."""

from __future__ import annotations

MEGABYTE = 1_000_000

UPLOAD_BYTES = 500 * MEGABYTE
"""Largest upload through the browser; `server.maxUploadSize` in `.streamlit/config.toml` says the same."""

MAX_COLUMNS = 2_000
"""Widest table that is read. CTGAN's layers grow with the encoded width, so wider tables want columns chosen first."""

MIN_TRAIN_ROWS = 10
"""Fewest train rows from which a generator is trained: one pack of the default `pac`."""

MAX_CELL_CHARACTERS = 1_000_000
"""Longest single cell that is read."""

MAX_LEVELS_SHOWN = 40
"""Levels drawn in one bar chart; the rest are one bar named "other"."""

CURVE_POINTS = 500
"""Points per live curve that reach the browser."""

PROBE_ROWS = 5_000
"""Rows of a probe sample, by which one checkpoint is judged."""

MAX_SAMPLE_ROWS = 50_000_000
"""Largest sample in one request."""

DRAWS_PER_CONDITIONED_ROW = 1_000
"""Budget of draws for each conditioned row that rejection has to find; past it the shortfall is reported."""

DRAWS_PER_CONSTRAINED_ROW = 100
"""Budget of draws for each row without condition where constraints turn rows down that cannot be mended."""

ARCHIVE_BYTES = 20_000 * MEGABYTE
"""Largest table that is taken out of a compressed file."""

ARCHIVE_RATIO = 1_000
"""A compressed file that grows by more than this factor is refused as a bomb; tables of text rarely pass 50."""

ARCHIVE_MEMBERS = 1_000
"""Most files inside a zip archive that is looked into."""

SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet, the format's own limit."""

CANARIES = (10, 500)
"""Fewest and most canaries of a run: fewer say nothing, and more would change what is learned."""

CANARY_COPIES = 100
"""Most copies of each canary."""

FRUITLESS_DRAWS = 500_000
"""Draws without a single match after which a condition is given up: less than one row in so many meets it."""
