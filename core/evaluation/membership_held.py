"""What an attacker of membership holds: synthetic rows, reference rows, and the rows whose membership he asks about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.distance import Encoded, Space
from core.evaluation.neighbours import build_index, find_nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one fold's attacker holds, and the distances that several attacks share.

    Parameters
    ----------
    targets, synthetic, reference : Encoded
    to_synthetic, to_reference : float64 arrays of shape (n_targets,)
        Distance of every target to its nearest synthetic and its nearest reference row.
    """

    space: Space
    targets: Encoded
    synthetic: Encoded
    reference: Encoded
    to_synthetic: np.ndarray
    to_reference: np.ndarray
    generator: np.random.Generator
    threads: int

    @classmethod
    def of(
        cls, space: Space, targets: Encoded, reference: Encoded, generator: np.random.Generator, threads: int
    ) -> Held:
        """Search once for all attacks."""
        synthetic = space.tables["synthetic"]
        near = [
            find_nearest(targets, build_index(rows, space, generator), 1, threads=threads).distance[:, 0]
            for rows in (synthetic, reference)
        ]
        return cls(
            space=space,
            targets=targets,
            synthetic=synthetic,
            reference=reference,
            to_synthetic=near[0],
            to_reference=near[1],
            generator=generator,
            threads=threads,
        )

    def equal_parts(self, limit: int) -> tuple[Encoded, Encoded]:
        """As many synthetic as reference rows, at most `limit`, at random."""
        size = min(limit, len(self.synthetic), len(self.reference))
        return tuple(
            rows.rows(self.generator.permutation(len(rows))[:size]) for rows in (self.synthetic, self.reference)
        )
