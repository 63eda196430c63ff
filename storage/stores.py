"""All stores of the service, opened by one function for the API and the workers."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta

import structlog
from arq.connections import ArqRedis

from domain.jobs import ChunkPlan
from storage.acceptance.acceptance import Acceptance
from storage.acceptance.idempotency import Idempotency
from storage.access.api_keys import ApiKeys
from storage.access.audit import AuditTrail
from storage.access.sessions import Sessions
from storage.access.signing_keys import SigningKeys
from storage.access.stored_bytes import StoredBytes
from storage.access.upload_links import UploadLinks
from storage.aggregates.aggregator import Aggregator
from storage.aggregates.statistics import StatisticsReader
from storage.backlog.load import LoadMeter
from storage.backlog.lone_claims import LoneClaims
from storage.backlog.lone_ends import LoneEnds
from storage.backlog.shared_load import SharedLoad
from storage.backlog.workers import Workers, Workforce
from storage.batches.batches import Batches
from storage.batches.images import BatchImages
from storage.batches.pieces import Pieces
from storage.blobs.bucket_owner import BucketOwner
from storage.blobs.intake import BlobIntake, NoWriter
from storage.blobs.known_blobs import KnownBlobs, Poisons
from storage.blobs.moving import BlobMover
from storage.blobs.removals import Removals
from storage.blobs.results import Results
from storage.blobs.stores.blob_stores import open_blob_stores
from storage.blobs.stores.gridfs import chunk_turns
from storage.blobs.sweeper import Sweeper
from storage.blobs.variants import StoredVariants
from storage.catalog.change_marks import ChangeMarks
from storage.catalog.image_search import ImageSearch
from storage.catalog.images import Images
from storage.catalog.jobs import Jobs
from storage.catalog.known_images import KnownImages
from storage.clock import follow_clock
from storage.errors import MONGODB_FAILED, REDIS_FAILED
from storage.histograms.medians import Medians
from storage.histograms.user_histograms import UserHistograms
from storage.learning.labels import Labels
from storage.learning.models import Models
from storage.learning.predictions import Predictions
from storage.learning.trainings import Trainings
from storage.ledger.cancellation import Cancellation
from storage.ledger.dead_letters import DeadLetters
from storage.ledger.earlier_results import EarlierResults
from storage.ledger.fetches import Fetches
from storage.ledger.ledger import Ledger
from storage.ledger.queued_chunks import QueuedChunks
from storage.ledger.recovery import Recovery
from storage.ledger.retry import Retry
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Client, Database, connect_mongo
from storage.mongo.leases import LEASE_SECONDS, Lease
from storage.mongo.server_clock import ServerClock
from storage.outbox.subscriptions import Subscriptions
from storage.queue.connection import connect_redis, refuse_cluster
from storage.queue.head_starts import HeadStarts
from storage.queue.hints import Hints
from storage.queue.job_events import JobEvents
from storage.queue.rate_limits import Buckets
from storage.removal.expiry import Expiry
from storage.removal.removal import ImageDeletion
from storage.removal.user_deletion import UserDeletion
from storage.resumable.expiry import ResumableExpiry
from storage.resumable.uploads import ResumableUploads
from storage.schema import check_schema, ensure_indexes
from storage.settings import StoreSettings, WorkRules
from storage.upkeep.due_work import DueWork
from storage.webhooks.announcer import Announcer
from storage.webhooks.deliveries import Deliveries
from storage.webhooks.delivery_queue import DeliveryQueue
from storage.webhooks.due_deliveries import DueDeliveries
from storage.webhooks.endpoint_health import EndpointHealth
from storage.webhooks.endpoints import Endpoints
from storage.webhooks.envelopes import Envelopes
from storage.webhooks.hold import WebhookHold
from storage.webhooks.key_secrets import KeySecrets
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.stored_secrets import StoredSecrets
from storage.webhooks.targets import Targets

_log = structlog.get_logger(__name__)


class Stores:
    """All stores."""

    def __init__(self, settings: StoreSettings, rules: WorkRules) -> None:
        self._server_clock = ServerClock()
        self.client: Client = connect_mongo(settings, self._server_clock)
        self.database: Database = self.client[settings.mongodb_database]
        self._add_blobs(settings)
        self.redis: ArqRedis = connect_redis(settings)
        due_after = timedelta(seconds=rules.hint_grace_seconds)
        plan = ChunkPlan(rules.chunk_max_images, rules.chunk_max_bytes)
        self.metrics = WorkMetrics()
        self.subscriptions = Subscriptions(self.database)
        self.acceptance = Acceptance(self.client, self.database, self.blob_stores, plan, due_after)
        self.audit = AuditTrail(self.database, timedelta(days=settings.audit_days))
        self.buckets = Buckets(settings)
        self.cancellation = Cancellation(self.client, self.database, self.metrics, self.audit)
        self.dead_letters = DeadLetters(self.database, self.audit)
        self.expiry = Expiry(self.client, self.database, rules)
        self.due_work = DueWork(self.database)
        self.earlier_results = EarlierResults(self.database)
        self.fetches = Fetches(self.database, rules.lease_seconds)
        self.head_starts = HeadStarts(self.redis)
        self.hints = Hints(self.redis, rules)
        self.idempotency = Idempotency(self.client, self.database, settings.idempotency_seconds)
        self._add_work(rules.lease_seconds, rules.max_attempts)
        self.workers = Workers(self.database)
        meter = LoadMeter(self.database, self.workers)
        self.load = SharedLoad(self.redis, meter, self.database, self.dead_letters)
        self.job_events = JobEvents(self.redis)
        self.poisons = Poisons(self.database)
        self.queued_chunks = QueuedChunks(self.database)
        self.resumable = ResumableUploads(self.client, self.database, self.blob_stores)
        self.resumable_expiry = ResumableExpiry(self.database, self.resumable)
        self.retry = Retry(self.client, self.database, due_after, self.audit)
        self.stored_bytes = StoredBytes(self.client, self.database)
        self._add_access()
        self._add_batches(rules)
        self._add_analytics()
        self._add_catalog()
        self._add_deletion(timedelta(seconds=rules.lease_seconds))
        self._add_learning()
        self._add_webhooks(settings)

    def sweeper(self, min_age: timedelta) -> Sweeper:
        """Return a sweeper of orphans that are older than `min_age`."""
        return Sweeper(self.client, self.database, self.blob_stores, min_age)

    def lease(self, name: str, seconds: float = LEASE_SECONDS) -> Lease:
        """Return a lease, as this process sees it."""
        return Lease(self.client, self.database, name, seconds)

    def open_intake(self, count_uploads: Callable[[], float]) -> BlobIntake:
        """Return an intake for the files of one upload; all uploads share its memory."""
        return BlobIntake(self.blob_stores.open_writer(count_uploads))

    def open_hashing_intake(self) -> BlobIntake:
        """Return an intake that hashes files without writing them."""
        return BlobIntake(NoWriter())

    def delivery_queue(self, lease_seconds: float) -> DeliveryQueue:
        """Return the queue of deliveries, with the lease of one attempt."""
        return DeliveryQueue(self.database, lease_seconds)

    def announcer(self, base_url: str) -> Announcer:
        """Return the announcer of events, whose links begin with `base_url`."""
        return Announcer(self.database, self.job_events, base_url)

    async def check_schema(self) -> None:
        """Check that this program can use the data.

        Raises:
            SchemaMismatch: It cannot; the message says what to do.
            PyMongoError: MongoDB cannot be reached.
        """
        await check_schema(self.database)

    async def refuse_cluster(self) -> None:
        """Check that Redis, if it answers, is no cluster.

        Raises:
            UnusableServer: It is one; the message says what to do.
        """
        await refuse_cluster(self.redis)

    async def prepare(self) -> None:
        """Create the collections and indexes that are missing."""
        await ensure_indexes(self.database)

    async def follow_clock(self) -> None:
        """Set the clock of this process to MongoDB's, as it was told a moment ago."""
        now = self._server_clock.now()
        if now is not None and follow_clock(now):
            _log.warning("clock_corrected", now=now.isoformat())

    async def check_mongodb(self) -> bool:
        """Return whether MongoDB accepts writes."""
        try:
            hello = await self.client.admin.command("hello")
        except MONGODB_FAILED:
            return False
        return bool(hello.get("isWritablePrimary"))

    async def check_redis(self) -> bool:
        """Return whether Redis answers."""
        try:
            await self.redis.ping()
        except REDIS_FAILED:
            return False
        return True

    async def workforce(self, now: datetime) -> Workforce:
        """Count the live workers; none if MongoDB cannot be reached."""
        try:
            return await self.workers.workforce(now)
        except MONGODB_FAILED:
            return Workforce(workers=0, images_per_second=0.0)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.load.close()
        await self.medians.close()
        await self.blob_stores.aclose()
        await self.buckets.close()
        await self.redis.aclose(close_connection_pool=True)
        self.client.close()

    def _add_access(self) -> None:
        self.api_keys = ApiKeys(self.database, self.audit)
        self.sessions = Sessions(self.database)
        self.signing_keys = SigningKeys(self.database)
        self.upload_links = UploadLinks(self.database, self.audit)

    def _add_analytics(self) -> None:
        self.aggregator = Aggregator(self.client, self.database)
        self.medians = Medians(self.client, self.database)
        self.statistics = StatisticsReader(self.client, self.database)
        self.user_histograms = UserHistograms(self.database)

    def _add_batches(self, rules: WorkRules) -> None:
        self.batches = Batches(self.database, self.audit)
        self.batch_images = BatchImages(self.client, self.database, self.ledger.states)
        self.pieces = Pieces(self.database, rules.lease_seconds, rules.max_attempts)

    def _add_blobs(self, settings: StoreSettings) -> None:
        turns = chunk_turns()
        self.blob_stores = open_blob_stores(self.database, turns, settings)
        self.blobs = KnownBlobs(self.database, self.blob_stores)
        self.bucket_owner = BucketOwner(self.database, self.blob_stores)
        self.mover = BlobMover(self.client, self.database, self.blob_stores)
        self.removals = Removals(self.database, self.blob_stores)
        self.results = Results(self.client, self.database, self.blob_stores)
        self.variants = StoredVariants(self.database, turns, self.blob_stores)

    def _add_catalog(self) -> None:
        self.change_marks = ChangeMarks(self.database)
        self.image_search = ImageSearch(self.database)
        self.images = Images(self.database)
        self.jobs = Jobs(self.database)
        self.known_images = KnownImages(self.database)
        self.labels = Labels(self.client, self.database)

    def _add_deletion(self, lease: timedelta) -> None:
        states = self.ledger.states
        self.image_deletion = ImageDeletion(self.client, self.database, states, self.audit)
        self.user_deletion = UserDeletion(self.client, self.database, states, lease, self.audit)

    def _add_learning(self) -> None:
        self.models = Models(self.client, self.database, self.audit)
        self.predictions = Predictions(self.database)
        self.trainings = Trainings(self.client, self.database, self.audit)

    def _add_webhooks(self, settings: StoreSettings) -> None:
        self.secret_box = SecretBox(settings.secret_keys)
        self.key_secrets = KeySecrets(self.database, self.secret_box)
        self.endpoint_health = EndpointHealth(self.client, self.database)
        self.targets = Targets(self.database)
        self.webhooks = Endpoints(
            self.database, self.secret_box, self.endpoint_health, self.targets, self.audit
        )
        self.envelopes = Envelopes(self.database, self.secret_box)
        self.deliveries = Deliveries(self.client, self.database, self.targets, self.audit)
        self.due_deliveries = DueDeliveries(self.database, self.targets)
        self.webhook_hold = WebhookHold(self.database, self.audit)
        self.stored_secrets = StoredSecrets(self.database, self.secret_box)
        self.deliverers = Workers(self.database, "deliverers")
        self.learners = Workers(self.database, "learners")

    def _add_work(self, lease_seconds: float, attempts: int) -> None:
        database, metrics, subscriptions = self.database, self.metrics, self.subscriptions
        self.ledger = Ledger(database, lease_seconds, attempts, metrics, subscriptions)
        self.lone_claims = LoneClaims(database, lease_seconds, attempts, subscriptions)
        states = self.ledger.states
        self.lone_ends = LoneEnds(self.client, database, states, metrics, subscriptions)
        self.recovery = Recovery(database, attempts, metrics, subscriptions)


@asynccontextmanager
async def open_stores(settings: StoreSettings, rules: WorkRules) -> AsyncIterator[Stores]:
    """Open the stores for a context, which closes them. The servers need not be up yet."""
    async with aclosing(Stores(settings, rules)) as stores:
        await stores.blob_stores.start()
        yield stores
