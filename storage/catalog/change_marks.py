"""Changes of the marks of jobs and images."""

from domain.errors.access import NotFound
from domain.job_changes import JobChange
from domain.jobs import Status
from domain.keys import Scope
from domain.marks import MARKS, MarksChange, change_marks, read_marks
from storage.access.scope import refuse_absent
from storage.mongo.client import DURABLE, Collection, Database, Document

_READ = dict.fromkeys(["user_id", "key_id", MARKS], 1)


class ChangeMarks:
    """Changes marks. Of changes that come at the same time, each applies to the one before it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._images = database.get_collection("images", write_concern=DURABLE)
        self._jobs = database.get_collection("jobs", write_concern=DURABLE)

    async def of_image(self, image_id: str, scope: Scope, change: MarksChange) -> None:
        """Change the marks of an image.

        Raises:
            NotFound: There is no such image in the scope.
            ImageExpired: The image has expired.
            InvalidValue: A value is not well formed, or there would be too many.
        """
        await self._change(self._images, image_id, scope, change, {})

    async def of_job(self, job_id: str, scope: Scope, change: MarksChange) -> JobChange | None:
        """Change the marks of a job, not those of its images; None if it has them already.

        Raises:
            NotFound: There is no such job in the scope, or the job deletes a user.
            JobExpired: The job has expired.
            InvalidValue: A value is not well formed, or there would be too many.
        """
        job = await self._change(self._jobs, job_id, scope, change, {"$inc": {"version": 1}})
        return None if job is None else JobChange(job_id, job["version"], Status(job["status"]))

    async def _change(
        self,
        collection: Collection,
        object_id: str,
        scope: Scope,
        change: MarksChange,
        update: Document,
    ) -> Document | None:
        """Change a document, and return it; None if nothing changes.

        The update is guarded by the marks that were read. If another change comes between, it is
        made anew, so that both apply.
        """
        while True:
            found = await collection.find_one({"_id": object_id}, _READ)
            if found is None:
                await refuse_absent(self._database, object_id, scope)
            if not scope.admits(found["user_id"], found["key_id"]):
                raise NotFound
            old: list[str] = found.get(MARKS, [])
            new = change_marks(read_marks(old), change).stored
            if new == old:
                return None
            guard = {"_id": object_id, MARKS: old or {"$exists": False}}
            replace = {"$set": {MARKS: new}} if new else {"$unset": {MARKS: ""}}
            changed = await collection.find_one_and_update(
                guard, replace | update, {"version": 1, "status": 1}, return_document=True
            )
            if changed is not None:
                return changed
