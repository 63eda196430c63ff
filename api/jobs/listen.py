"""Opens streams of the changes of a job."""

from api.jobs.live_jobs import Listener, LiveJobs
from domain.jobs import TERMINAL
from domain.keys import Caller, Scope
from storage.stores import Stores


class ListenToJob:
    """Opens streams.

    Args:
        stores: Hold the jobs.
        live_jobs: Notifies listeners of changes.
    """

    def __init__(self, stores: Stores, live_jobs: LiveJobs) -> None:
        self.live_jobs = live_jobs
        self._jobs = stores.jobs

    async def listen(
        self, caller: Caller, job_id: str, scope: Scope, known_version: int | None
    ) -> Listener | None:
        """Make a listener of a job.

        Args:
            caller: Who listens.
            job_id: The job.
            scope: What the caller may see.
            known_version: The version that the client has read last; None for none.

        Returns:
            The listener; None if the job has ended and the client knows its last version.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        job = await self._jobs.get(job_id, scope)
        if job.status in TERMINAL and job.version == known_version:
            return None
        return Listener(caller, job, known_version)
