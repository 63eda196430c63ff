"""The objects that handlers receive by parameter name."""

from litestar.di import Provide

from api.access.api_keys import ManageKeys
from api.access.audit import ReadAudit
from api.access.upload_links import ManageLinks
from api.analytics.reports import Reports
from api.analytics.similar import FindSimilar
from api.answers.created import request_key
from api.batches.batches import ManageBatches
from api.images.archives import ReadArchives
from api.images.images import ManageImages
from api.images.link_results import ReadLinkResults
from api.images.read_content import ReadContent
from api.images.write_archive import WriteArchive
from api.jobs.changes import ChangeJobs
from api.jobs.dead_letters import ManageDeadLetters
from api.jobs.events_url import MakeEventsUrl
from api.jobs.follow import FollowJob, ReadLinkUploads
from api.learning.labels import ManageLabels
from api.models.models import ManageModels
from api.monitoring.live_queue import LiveQueue
from api.state import AppState
from api.uploads.resumable import ResumeUploads
from api.uploads.take_in import DetectFaces, TakeIn
from api.webhooks.deliveries import ManageDeliveries
from api.webhooks.endpoints import ManageWebhooks
from storage.histograms.similar_embeddings import SimilarEmbeddings
from storage.histograms.similar_images import SimilarImages
from storage.histograms.similar_users import SimilarUsers


def provide(state: AppState) -> dict[str, Provide]:
    """Build each use case once, and name it for the handlers.

    A handler declares the one that it needs as ``name: NamedDependency[Type]``. The first name
    costs a request 0.01 ms; each further one 0.1 ms, because Litestar then resolves them in a
    task group. The caller is ``request.user``.
    """
    objects = _jobs(state) | _images(state) | _access(state)
    source = {"source": Provide(request_key, sync_to_thread=False)}
    return source | {name: _shared(value) for name, value in objects.items()}


def _jobs(state: AppState) -> dict[str, object]:
    stores = state.stores
    follow_job = FollowJob(stores, state.waiting, state.estimates, state.settings.rules)
    change_jobs = ChangeJobs(stores, follow_job)
    take_in = TakeIn(
        stores, state.settings, state.admission, follow_job, state.metrics, state.tracing
    )
    return {
        "change_jobs": change_jobs,
        "detect_faces": DetectFaces(stores, take_in),
        "events_url": MakeEventsUrl(stores, state.signed_urls),
        "follow_job": follow_job,
        "health_checks": state.health_checks,
        "live_queue": LiveQueue(stores),
        "link_uploads": ReadLinkUploads(follow_job, state.settings),
        "live_jobs": state.live_jobs,
        "manage_models": ManageModels(stores, follow_job),
        "manage_dead_letters": ManageDeadLetters(stores, change_jobs, follow_job),
        "resumable": ResumeUploads(stores, state.settings, state.admission, state.metrics),
        "service_metrics": state.service_metrics,
        "take_in": take_in,
    }


def _images(state: AppState) -> dict[str, object]:
    stores, similarity = state.stores, state.settings.similarity
    users = SimilarUsers(stores.client, stores.database, similarity)
    images = SimilarImages(stores.client, stores.database, similarity)
    alike = SimilarEmbeddings(stores.database, similarity)
    manage_images = ManageImages(
        stores,
        state.settings.rules,
        state.signed_urls,
        alike if state.settings.learning.learning else None,
    )
    redirect_seconds = state.settings.api.blob_redirect_seconds
    contents = ReadContent(
        stores, state.variants, state.downloads, state.settings.sizes.widths, redirect_seconds
    )
    settings = state.settings
    return {
        "archives": ReadArchives(
            stores, manage_images, WriteArchive(contents, settings.rules), settings.reads
        ),
        "find_similar": FindSimilar(users, images, manage_images),
        "link_results": ReadLinkResults(manage_images, state.signed_urls),
        "manage_batches": ManageBatches(
            stores,
            state.settings.sizes.widths,
            learning=state.settings.learning.learning,
        ),
        "manage_images": manage_images,
        "manage_labels": ManageLabels(stores),
        "read_content": contents,
        "reports": Reports(stores),
    }


def _access(state: AppState) -> dict[str, object]:
    stores, public_url = state.stores, state.settings.api.public_url
    limits = state.settings.keys
    return {
        "audit": ReadAudit(stores),
        "deliveries": ManageDeliveries(stores, public_url),
        "manage_keys": ManageKeys(stores, limits, state.settings.admission.tenant_max_stored_bytes),
        "manage_links": ManageLinks(stores, limits),
        "webhooks": ManageWebhooks(
            stores, state.settings.targets, state.settings.admission.max_webhooks_per_key
        ),
    }


def _shared(value: object) -> Provide:
    """Provide the same object to every request."""
    return Provide(lambda: value, sync_to_thread=False)
