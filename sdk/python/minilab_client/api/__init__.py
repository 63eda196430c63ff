"""The operations of the service, by tag."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .._async.operations import AsyncOperations
from .._sync.operations import Operations

if TYPE_CHECKING:
    from .api_keys import ApiKeysOperations, AsyncApiKeysOperations
    from .audit import AsyncAuditOperations, AuditOperations
    from .batches import AsyncBatchesOperations, BatchesOperations
    from .dead_letters import AsyncDeadLettersOperations, DeadLettersOperations
    from .histograms import AsyncHistogramsOperations, HistogramsOperations
    from .images import AsyncImagesOperations, ImagesOperations
    from .jobs import AsyncJobsOperations, JobsOperations
    from .learning import AsyncLearningOperations, LearningOperations
    from .models import AsyncModelsOperations, ModelsOperations
    from .resumable_uploads import AsyncResumableUploadsOperations, ResumableUploadsOperations
    from .service import AsyncServiceOperations, ServiceOperations
    from .statistics import AsyncStatisticsOperations, StatisticsOperations
    from .upload_links import AsyncUploadLinksOperations, UploadLinksOperations
    from .uploads_through_links import AsyncUploadsThroughLinksOperations, UploadsThroughLinksOperations
    from .users import AsyncUsersOperations, UsersOperations
    from .webhooks import AsyncWebhooksOperations, WebhooksOperations


class Tags(Operations):
    """The tags of the service. Each is imported at its first use."""

    @cached_property
    def service(self) -> ServiceOperations:
        """The operations of the tag `service`."""
        from .service import ServiceOperations

        return ServiceOperations(self._client)

    @cached_property
    def jobs(self) -> JobsOperations:
        """The operations of the tag `jobs`."""
        from .jobs import JobsOperations

        return JobsOperations(self._client)

    @cached_property
    def api_keys(self) -> ApiKeysOperations:
        """The operations of the tag `api_keys`."""
        from .api_keys import ApiKeysOperations

        return ApiKeysOperations(self._client)

    @cached_property
    def audit(self) -> AuditOperations:
        """The operations of the tag `audit`."""
        from .audit import AuditOperations

        return AuditOperations(self._client)

    @cached_property
    def batches(self) -> BatchesOperations:
        """The operations of the tag `batches`."""
        from .batches import BatchesOperations

        return BatchesOperations(self._client)

    @cached_property
    def images(self) -> ImagesOperations:
        """The operations of the tag `images`."""
        from .images import ImagesOperations

        return ImagesOperations(self._client)

    @cached_property
    def dead_letters(self) -> DeadLettersOperations:
        """The operations of the tag `dead_letters`."""
        from .dead_letters import DeadLettersOperations

        return DeadLettersOperations(self._client)

    @cached_property
    def histograms(self) -> HistogramsOperations:
        """The operations of the tag `histograms`."""
        from .histograms import HistogramsOperations

        return HistogramsOperations(self._client)

    @cached_property
    def learning(self) -> LearningOperations:
        """The operations of the tag `learning`."""
        from .learning import LearningOperations

        return LearningOperations(self._client)

    @cached_property
    def models(self) -> ModelsOperations:
        """The operations of the tag `models`."""
        from .models import ModelsOperations

        return ModelsOperations(self._client)

    @cached_property
    def uploads_through_links(self) -> UploadsThroughLinksOperations:
        """The operations of the tag `uploads_through_links`."""
        from .uploads_through_links import UploadsThroughLinksOperations

        return UploadsThroughLinksOperations(self._client)

    @cached_property
    def statistics(self) -> StatisticsOperations:
        """The operations of the tag `statistics`."""
        from .statistics import StatisticsOperations

        return StatisticsOperations(self._client)

    @cached_property
    def upload_links(self) -> UploadLinksOperations:
        """The operations of the tag `upload_links`."""
        from .upload_links import UploadLinksOperations

        return UploadLinksOperations(self._client)

    @cached_property
    def resumable_uploads(self) -> ResumableUploadsOperations:
        """The operations of the tag `resumable_uploads`."""
        from .resumable_uploads import ResumableUploadsOperations

        return ResumableUploadsOperations(self._client)

    @cached_property
    def users(self) -> UsersOperations:
        """The operations of the tag `users`."""
        from .users import UsersOperations

        return UsersOperations(self._client)

    @cached_property
    def webhooks(self) -> WebhooksOperations:
        """The operations of the tag `webhooks`."""
        from .webhooks import WebhooksOperations

        return WebhooksOperations(self._client)


class AsyncTags(AsyncOperations):
    """The tags of the service. Each is imported at its first use."""

    @cached_property
    def service(self) -> AsyncServiceOperations:
        """The operations of the tag `service`."""
        from .service import AsyncServiceOperations

        return AsyncServiceOperations(self._client)

    @cached_property
    def jobs(self) -> AsyncJobsOperations:
        """The operations of the tag `jobs`."""
        from .jobs import AsyncJobsOperations

        return AsyncJobsOperations(self._client)

    @cached_property
    def api_keys(self) -> AsyncApiKeysOperations:
        """The operations of the tag `api_keys`."""
        from .api_keys import AsyncApiKeysOperations

        return AsyncApiKeysOperations(self._client)

    @cached_property
    def audit(self) -> AsyncAuditOperations:
        """The operations of the tag `audit`."""
        from .audit import AsyncAuditOperations

        return AsyncAuditOperations(self._client)

    @cached_property
    def batches(self) -> AsyncBatchesOperations:
        """The operations of the tag `batches`."""
        from .batches import AsyncBatchesOperations

        return AsyncBatchesOperations(self._client)

    @cached_property
    def images(self) -> AsyncImagesOperations:
        """The operations of the tag `images`."""
        from .images import AsyncImagesOperations

        return AsyncImagesOperations(self._client)

    @cached_property
    def dead_letters(self) -> AsyncDeadLettersOperations:
        """The operations of the tag `dead_letters`."""
        from .dead_letters import AsyncDeadLettersOperations

        return AsyncDeadLettersOperations(self._client)

    @cached_property
    def histograms(self) -> AsyncHistogramsOperations:
        """The operations of the tag `histograms`."""
        from .histograms import AsyncHistogramsOperations

        return AsyncHistogramsOperations(self._client)

    @cached_property
    def learning(self) -> AsyncLearningOperations:
        """The operations of the tag `learning`."""
        from .learning import AsyncLearningOperations

        return AsyncLearningOperations(self._client)

    @cached_property
    def models(self) -> AsyncModelsOperations:
        """The operations of the tag `models`."""
        from .models import AsyncModelsOperations

        return AsyncModelsOperations(self._client)

    @cached_property
    def uploads_through_links(self) -> AsyncUploadsThroughLinksOperations:
        """The operations of the tag `uploads_through_links`."""
        from .uploads_through_links import AsyncUploadsThroughLinksOperations

        return AsyncUploadsThroughLinksOperations(self._client)

    @cached_property
    def statistics(self) -> AsyncStatisticsOperations:
        """The operations of the tag `statistics`."""
        from .statistics import AsyncStatisticsOperations

        return AsyncStatisticsOperations(self._client)

    @cached_property
    def upload_links(self) -> AsyncUploadLinksOperations:
        """The operations of the tag `upload_links`."""
        from .upload_links import AsyncUploadLinksOperations

        return AsyncUploadLinksOperations(self._client)

    @cached_property
    def resumable_uploads(self) -> AsyncResumableUploadsOperations:
        """The operations of the tag `resumable_uploads`."""
        from .resumable_uploads import AsyncResumableUploadsOperations

        return AsyncResumableUploadsOperations(self._client)

    @cached_property
    def users(self) -> AsyncUsersOperations:
        """The operations of the tag `users`."""
        from .users import AsyncUsersOperations

        return AsyncUsersOperations(self._client)

    @cached_property
    def webhooks(self) -> AsyncWebhooksOperations:
        """The operations of the tag `webhooks`."""
        from .webhooks import AsyncWebhooksOperations

        return AsyncWebhooksOperations(self._client)
