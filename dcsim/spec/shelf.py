"""Finds catalogue entries, workload profiles and scenarios on disk: the shipped ones, and a user's own on top.

Only names and paths; reading and validating entries is ``dcsim.spec.catalog``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dcsim.errors import InputError, Problem
from dcsim.spec.naming import misnamed

__all__ = ["FIXED", "FOLDERS", "KINDS", "Shelf", "kind_of", "shipped_root"]

FOLDERS: dict[str, tuple[str, ...]] = {
    "hardware_catalog": (
        *("gpus", "cpus", "nics", "gpu_topologies", "servers", "sleds", "racks"),
        *("switches", "fabrics", "transports", "regions", "architectures", "phones"),
    ),
    "workloads": (
        *("models", "services", "training", "experiments", "diurnal", "datasets"),
        *("optimisers", "frameworks", "compressions", "learning"),
    ),
    "scenarios": ("scenarios", "sweeps"),
}
"""Top folders and the kinds of entry in each; one folder per kind, scenarios directly."""
KINDS: tuple[str, ...] = tuple(kind for kinds in FOLDERS.values() for kind in kinds)
"""Every kind of entry, in order of listing."""
FIXED = "architectures"
"""Kind of which only the shipped entries count: specs of devices take their defaults from it."""


def shipped_root() -> Path:
    """Return the folder that holds the shipped data: inside an installed package, or the top of a source checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_data"
    return inside if inside.is_dir() else package.parent


def kind_of(path: Path) -> str:
    """Return which kind of entry a file holds, by the name of its folder; a scenario where that is no kind.

    Examples
    --------
    >>> kind_of(Path("ours/servers/our_web.yaml")), kind_of(Path("night.yaml"))
    ('servers', 'scenarios')
    """
    folder = path.absolute().parent.name
    return folder if folder in KINDS else "scenarios"


class Shelf:
    """Where every entry lies.

    Parameters
    ----------
    overlays : sequence of Path
        A user's folders; kinds lie directly in them or as in the shipped layout. Later ones win.
    shipped : bool
        Whether the shipped entries are found too.

    Raises
    ------
    InputError
        For an overlay that is no folder, holds no entries, or holds folders and files whose names would be ignored, or
        that no other entry could name.
    """

    def __init__(self, overlays: Sequence[Path | str] = (), *, shipped: bool = True) -> None:
        self._root = shipped_root()
        self._found: dict[str, dict[str, Path]] = {kind: {} for kind in KINDS}
        self.own: list[tuple[str, str]] = []
        if shipped:
            self._add(self._root)
        problems: list[Problem] = []
        for overlay in overlays:
            self._overlay(Path(overlay), problems)
        if problems:
            raise InputError(problems)

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind, sorted."""
        return sorted(self._found[kind])

    def path(self, kind: str, name: str) -> Path | None:
        """Return the file of an entry, or None."""
        return self._found[kind].get(name)

    def find(self, name: str) -> list[str]:
        """Return the kinds that have an entry of this name."""
        return [kind for kind in KINDS if name in self._found[kind]]

    def shown(self, path: Path) -> str:
        """Return how messages call an entry's file: shipped ones from the top of the shipped data."""
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)

    def _add(self, root: Path) -> list[tuple[str, Path]]:
        """Take up the entries below a folder in the shipped layout or directly by kind."""
        added = []
        for folder, kinds in FOLDERS.items():
            for kind in kinds:
                places = (root / kind,) if kind == folder else (root / folder / kind, root / kind)
                for place in places:
                    added += [(kind, path) for path in sorted(place.glob("*.yaml"))]
        for kind, path in added:
            self._found[kind][path.stem] = path
        return added

    def _overlay(self, root: Path, problems: list[Problem]) -> None:
        if not root.is_dir():
            problems.append(Problem("--catalog", 0, 0, "", f"'{root}' is not a folder"))
            return
        added = self._add(root)
        self.own += [(kind, path.stem) for kind, path in added]
        fixed = "holds defaults that cannot be replaced; state them in the entries of your devices"
        problems += [Problem(str(path), 0, 0, "", fixed) for kind, path in added if kind == FIXED]
        named = [(path, misnamed(path.stem)) for _, path in added]
        problems += [Problem(str(path), 0, 0, "", f"the file's name {why}") for path, why in named if why]
        ignored = [problem for place in _levels(root) for problem in _ignored(place)]
        problems += ignored
        if not added and not ignored:
            known = ", ".join(KINDS)
            problems.append(
                Problem("--catalog", 0, 0, "", f"'{root}' holds no entries; put them in folders named {known}")
            )


def _levels(root: Path) -> list[Path]:
    """Return the folders of an overlay that hold folders of kinds."""
    return [root, *(root / folder for folder in ("hardware_catalog", "workloads") if (root / folder).is_dir())]


def _ignored(place: Path) -> list[Problem]:
    """Return a problem for each thing in an overlay that looks like entries but would not be read."""
    problems = []
    for path in sorted(place.iterdir()):
        if path.is_dir() and path.name in KINDS:
            message = "is not read; name it with '.yaml' at the end"
            problems += [Problem(str(file), 0, 0, "", message) for file in sorted(path.glob("*.yml"))]
        elif path.is_dir() and path.name not in FOLDERS:
            near = [kind for kind in KINDS if _rough(kind) == _rough(path.name)]
            problems += [Problem(str(path), 0, 0, "", f"is no kind of entry; did you mean '{kind}'?") for kind in near]
    return problems


def _rough(name: str) -> str:
    """Return a name without case and plural."""
    return name.lower().removesuffix("s").removesuffix("e")
