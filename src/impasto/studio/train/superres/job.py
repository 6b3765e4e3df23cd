"""The training of a super-resolution network: its materials, in the one engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impasto.studio.train.engine import Job
from impasto.studio.train.superres.config import SuperConfig
from impasto.studio.train.superres.prepare import gather_super

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from impasto.studio.train.superres.prepare import SuperMaterials
    from impasto.studio.train.superres.recipe import SuperRecipe


class SuperJob(Job):
    """The training of a network that makes pictures larger.

    Photos are found and settings checked when it is made: what is wrong is said before any work is done.

    Args:
        data: Folder of photos, of any depth, or of WebDataset's tar shards; or one shard.
        config: How.
        recipe: A recipe of your own in place of the one that `config` names.
        on_download: Called with bytes done and bytes in all while weights are downloaded.

    Raises:
        ImpastoError: For photos, settings or weights that cannot be used.
    """

    materials: SuperMaterials
    recipe: SuperRecipe

    def __init__(
        self,
        data: str | os.PathLike[str],
        config: SuperConfig | None = None,
        *,
        recipe: SuperRecipe | None = None,
        on_download: Callable[[int, int], None] | None = None,
    ) -> None:
        config = config or SuperConfig()
        materials = gather_super(data, config, recipe, on_download=on_download)
        super().__init__(materials, config.training())
