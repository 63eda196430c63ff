"""Fuzz the reading of headers and metadata, guided by coverage: ``make fuzz MINUTES=10``."""

import argparse
import collections
import hashlib
import importlib
import os
import random
import sys
import time
import traceback
import warnings
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

_FINDINGS = Path(".fuzz")


def main() -> None:
    """Run for so many minutes; what is found lies in ``.fuzz/`` with its traceback."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["domain.images", "exifread", "PIL"]):
        from tests.fuzz.mutation import mutate
        from tests.fuzz.property import check_file
        from tests.fuzz.seeds import drawn_seeds, real_seeds

    warnings.simplefilter("error")
    named = os.environ.get("MINILAB_TEST_DATA", str(REPOSITORY.parent / "shared/test-data"))
    seeds = [*drawn_seeds().values(), *real_seeds(Path(named) / "photos").values()]
    corpus = _FINDINGS / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds:
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    tally = Tally(len(seeds))
    ends = time.monotonic() + options.minutes * 60

    def test_one_input(data: bytes) -> None:
        try:
            tally.outcomes[check_file(data)] += 1
        except Exception as error:
            tally.keep(data, error)
        if time.monotonic() > ends:  # The engine ends a process without a word to Python.
            tally.print()
            os._exit(bool(tally.findings))

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        return mutate(data, seeds, random.Random(seed))[:max_size]  # noqa: S311

    bounds = ["-max_len=400000", "-timeout=60", "-rss_limit_mb=4096", "-verbosity=0"]
    told = [sys.argv[0], f"-seed={options.seed}", *bounds, f"-artifact_prefix={_FINDINGS}/"]
    atheris.Setup([*told, str(corpus)], test_one_input, custom_mutator=change)
    atheris.Fuzz()


class Tally:
    """Counts what became of the inputs, and keeps one input for each kind of finding."""

    def __init__(self, seeds: int) -> None:
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.findings: collections.Counter[str] = collections.Counter()
        self._seeds = seeds
        self._began = time.monotonic()

    def keep(self, data: bytes, error: Exception) -> None:
        """Note a finding; the first input of its kind is written down."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"
        self.findings[kind] += 1
        if self.findings[kind] == 1:
            name = hashlib.sha256(kind.encode()).hexdigest()[:12]
            (_FINDINGS / f"{name}.bin").write_bytes(data)
            (_FINDINGS / f"{name}.txt").write_text("".join(traceback.format_exception(error)))

    def print(self) -> None:
        """Print how many inputs were tried, what became of them, and the findings."""
        minutes = (time.monotonic() - self._began) / 60
        inputs = self.outcomes.total() + self.findings.total()
        print(f"{inputs} inputs from {self._seeds} seeds in {minutes:.1f} min")
        for outcome, count in self.outcomes.most_common():
            print(f"  {outcome:24} {count}")
        for kind, count in self.findings.most_common():
            print(f"  FINDING {kind}  {count}")
        print(f"findings: {len(self.findings)}", flush=True)


if __name__ == "__main__":
    main()
