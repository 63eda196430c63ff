"""Ctrl-C: says what the service goes on with, and ends without a traceback."""

import click

_ACCEPTED = "minilab.accepted_jobs"
_HINTS = "minilab.hints"


def remember_job(job_id: str) -> None:
    """Remember a job that goes on if the command is interrupted."""
    jobs: list[str] = click.get_current_context().meta.setdefault(_ACCEPTED, [])
    if job_id not in jobs:
        jobs.append(job_id)


def forget_job(job_id: str) -> None:
    """Forget a job that has ended."""
    jobs: list[str] = click.get_current_context().meta.get(_ACCEPTED, [])
    if job_id in jobs:
        jobs.remove(job_id)


def set_hint(hint: str) -> None:
    """Set what to do after Ctrl-C, in the present step of the command; empty for nothing."""
    click.get_current_context().meta[_HINTS] = hint


def tell_interruption(context: click.Context) -> None:
    """Say to standard error which jobs go on, and how to follow them."""
    jobs: list[str] = context.meta.get(_ACCEPTED, [])
    lines = ["", "Interrupted."]
    if jobs:
        many = f"{len(jobs)} jobs were" if len(jobs) > 1 else "1 job was"
        lines += [f"{many} accepted, and will be done:", *(f"  {job}" for job in jobs)]
        lines += [f"Follow with: minilab jobs wait {' '.join(jobs)}"]
    if hint := context.meta.get(_HINTS):
        lines.append(hint)
    click.echo("\n".join(lines), err=True)
