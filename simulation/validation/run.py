"""``make simulate VALIDATE=1``: calibrate, predict, run, and keep both."""

import tempfile
from pathlib import Path

import msgspec

from benchmarks.harness.machine import describe_machine
from chaos.fleet.fleet import fleet_servers
from simulation.figures import read_recoveries
from simulation.validation.calibrate import calibrate
from simulation.validation.predict import predict
from simulation.validation.real import run_trial
from simulation.validation.trial import TRIALS, Compared, Trial, Validation

KEPT = Path(__file__).parents[2] / "benchmarks" / "validation.json"
CALIBRATION_UPLOADS = 1000


def validate(trials: tuple[Trial, ...] = TRIALS, uploads: int = CALIBRATION_UPLOADS) -> Validation:
    """Run everything; it takes some minutes and both cores.

    Args:
        trials: What is predicted and run.
        uploads: Uploads of the run that calibrates.
    """
    away = read_recoveries().election_seconds
    with tempfile.TemporaryDirectory(prefix="minilab-validate-") as name:
        folder = Path(name)
        with fleet_servers(_new(folder, "machine"), 1, through_links=False) as servers:
            members, redis = servers.mongodb.members, servers.redis.redis
            machine = describe_machine(members[0].url, redis[0].url)
        print("· calibrating", flush=True)
        costs = calibrate(uploads, _new(folder, "calibration"))
        compared = []
        for number, trial in enumerate(trials):
            predicted = predict(trial, costs, away)
            print(f"· {trial.name}", flush=True)
            measured = run_trial(trial, _new(folder, f"trial-{number}"))
            compared.append(Compared(trial, measured, predicted))
    return Validation(machine, costs, compared)


def keep(found: Validation, path: Path = KEPT) -> None:
    """Write it as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def read_kept(path: Path = KEPT) -> Validation | None:
    """Read the last validation, if there is one."""
    if not path.exists():
        return None
    return msgspec.json.decode(path.read_bytes(), type=Validation)


def _new(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir()
    return place
