"""Data models of requests and responses. Each is imported at its first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api_key import ApiKey
    from .api_key_page import ApiKeyPage
    from .api_key_request import ApiKeyRequest
    from .audit_action import AuditAction
    from .audit_actor import AuditActor
    from .audit_entry import AuditEntry
    from .audit_entry_details import AuditEntryDetails
    from .audit_entry_page import AuditEntryPage
    from .audit_target import AuditTarget
    from .audit_target_type import AuditTargetType
    from .batch import Batch
    from .batch_errors import BatchErrors
    from .batch_failure import BatchFailure
    from .batch_filter import BatchFilter
    from .batch_page import BatchPage
    from .batch_request import BatchRequest
    from .batch_store import BatchStore
    from .calibration_bin import CalibrationBin
    from .camera_count import CameraCount
    from .capabilities import Capabilities
    from .cell import Cell
    from .chosen_dead_letters import ChosenDeadLetters
    from .class_metrics import ClassMetrics
    from .content_url import ContentUrl
    from .create_job_body import CreateJobBody
    from .create_job_from_uploads_body import CreateJobFromUploadsBody
    from .create_job_from_uploads_body_attributes import CreateJobFromUploadsBodyAttributes
    from .create_job_from_urls_body import CreateJobFromUrlsBody
    from .create_job_from_urls_body_attributes import CreateJobFromUrlsBodyAttributes
    from .create_link_upload_body import CreateLinkUploadBody
    from .create_link_upload_by_url_body import CreateLinkUploadByUrlBody
    from .create_link_upload_from_uploads_body import CreateLinkUploadFromUploadsBody
    from .created_api_key import CreatedApiKey
    from .created_upload_link import CreatedUploadLink
    from .day_count import DayCount
    from .dead_letter import DeadLetter
    from .dead_letter_attempt import DeadLetterAttempt
    from .dead_letter_code import DeadLetterCode
    from .dead_letter_created import DeadLetterCreated
    from .dead_letter_created_attributes import DeadLetterCreatedAttributes
    from .dead_letter_created_event import DeadLetterCreatedEvent
    from .dead_letter_filter import DeadLetterFilter
    from .dead_letter_page import DeadLetterPage
    from .delivery import Delivery
    from .delivery_attempt import DeliveryAttempt
    from .delivery_status import DeliveryStatus
    from .delivery_summary import DeliverySummary
    from .delivery_summary_page import DeliverySummaryPage
    from .detect_faces_body import DetectFacesBody
    from .disabled_reason import DisabledReason
    from .discarded import Discarded
    from .embedding import Embedding
    from .error_code import ErrorCode
    from .event_type import EventType
    from .events_url import EventsUrl
    from .face import Face
    from .faces import Faces
    from .faces_of_file import FacesOfFile
    from .failure import Failure
    from .failure_count import FailureCount
    from .format_count import FormatCount
    from .format_info import FormatInfo
    from .gps import Gps
    from .gps_policy import GpsPolicy
    from .health import Health
    from .histogram import Histogram
    from .image import Image
    from .image_attributes import ImageAttributes
    from .image_content_urls import ImageContentUrls
    from .image_deleted import ImageDeleted
    from .image_deleted_event import ImageDeletedEvent
    from .image_format import ImageFormat
    from .image_histogram import ImageHistogram
    from .image_histogram_page import ImageHistogramPage
    from .image_labels import ImageLabels
    from .image_operations import ImageOperations
    from .image_predictions import ImagePredictions
    from .image_processed import ImageProcessed
    from .image_processed_attributes import ImageProcessedAttributes
    from .image_processed_event import ImageProcessedEvent
    from .image_variant import ImageVariant
    from .invalid_input import InvalidInput
    from .job import Job
    from .job_attributes import JobAttributes
    from .job_event import JobEvent
    from .job_event_attributes import JobEventAttributes
    from .job_finished import JobFinished
    from .job_finished_attributes import JobFinishedAttributes
    from .job_finished_event import JobFinishedEvent
    from .job_item import JobItem
    from .job_item_operations import JobItemOperations
    from .job_progress import JobProgress
    from .job_summary import JobSummary
    from .job_summary_attributes import JobSummaryAttributes
    from .job_summary_page import JobSummaryPage
    from .key_role import KeyRole
    from .key_scope import KeyScope
    from .key_webhook_secret import KeyWebhookSecret
    from .known_image import KnownImage
    from .known_images import KnownImages
    from .known_images_request import KnownImagesRequest
    from .label import Label
    from .label_item_request import LabelItemRequest
    from .label_request import LabelRequest
    from .label_result import LabelResult
    from .label_results import LabelResults
    from .labels_request import LabelsRequest
    from .limits import Limits
    from .link_image import LinkImage
    from .link_image_content_urls import LinkImageContentUrls
    from .link_job import LinkJob
    from .link_job_summary import LinkJobSummary
    from .link_status import LinkStatus
    from .link_uploads import LinkUploads
    from .link_used_up import LinkUsedUp
    from .link_used_up_event import LinkUsedUpEvent
    from .listed_image import ListedImage
    from .listed_image_attributes import ListedImageAttributes
    from .listed_image_content_urls import ListedImageContentUrls
    from .listed_image_page import ListedImagePage
    from .listed_image_predictions import ListedImagePredictions
    from .mark_changes import MarkChanges
    from .mark_changes_attributes import MarkChangesAttributes
    from .median_histogram import MedianHistogram
    from .metadata import Metadata
    from .metric import Metric
    from .model import Model
    from .model_drift import ModelDrift
    from .model_metrics import ModelMetrics
    from .model_status import ModelStatus
    from .model_version import ModelVersion
    from .model_version_detail import ModelVersionDetail
    from .model_version_detail_per_class import ModelVersionDetailPerClass
    from .models import Models
    from .operation_info import OperationInfo
    from .operation_result import OperationResult
    from .part import Part
    from .part_status import PartStatus
    from .picture_format import PictureFormat
    from .prediction import Prediction
    from .problem import Problem
    from .quality import Quality
    from .queue_place import QueuePlace
    from .readiness import Readiness
    from .readiness_details import ReadinessDetails
    from .readiness_parts import ReadinessParts
    from .redeliver_failed import RedeliverFailed
    from .redelivered import Redelivered
    from .released import Released
    from .retried import Retried
    from .role import Role
    from .similar import Similar
    from .similar_by import SimilarBy
    from .similar_item import SimilarItem
    from .statistics import Statistics
    from .status import Status
    from .totals import Totals
    from .trained_on import TrainedOn
    from .trained_on_left_out import TrainedOnLeftOut
    from .upload_limits_of_key import UploadLimitsOfKey
    from .upload_link import UploadLink
    from .upload_link_page import UploadLinkPage
    from .upload_link_request import UploadLinkRequest
    from .verdict import Verdict
    from .watched import Watched
    from .webhook import Webhook
    from .webhook_changes import WebhookChanges
    from .webhook_disabled import WebhookDisabled
    from .webhook_disabled_event import WebhookDisabledEvent
    from .webhook_page import WebhookPage
    from .webhook_request import WebhookRequest
    from .webhook_status import WebhookStatus
    from .webhook_test import WebhookTest
    from .webhook_test_event import WebhookTestEvent
    from .webhook_with_secret import WebhookWithSecret

__all__ = (
    "ApiKey",
    "ApiKeyPage",
    "ApiKeyRequest",
    "AuditAction",
    "AuditActor",
    "AuditEntry",
    "AuditEntryDetails",
    "AuditEntryPage",
    "AuditTarget",
    "AuditTargetType",
    "Batch",
    "BatchErrors",
    "BatchFailure",
    "BatchFilter",
    "BatchPage",
    "BatchRequest",
    "BatchStore",
    "CalibrationBin",
    "CameraCount",
    "Capabilities",
    "Cell",
    "ChosenDeadLetters",
    "ClassMetrics",
    "ContentUrl",
    "CreatedApiKey",
    "CreatedUploadLink",
    "CreateJobBody",
    "CreateJobFromUploadsBody",
    "CreateJobFromUploadsBodyAttributes",
    "CreateJobFromUrlsBody",
    "CreateJobFromUrlsBodyAttributes",
    "CreateLinkUploadBody",
    "CreateLinkUploadByUrlBody",
    "CreateLinkUploadFromUploadsBody",
    "DayCount",
    "DeadLetter",
    "DeadLetterAttempt",
    "DeadLetterCode",
    "DeadLetterCreated",
    "DeadLetterCreatedAttributes",
    "DeadLetterCreatedEvent",
    "DeadLetterFilter",
    "DeadLetterPage",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryStatus",
    "DeliverySummary",
    "DeliverySummaryPage",
    "DetectFacesBody",
    "DisabledReason",
    "Discarded",
    "Embedding",
    "ErrorCode",
    "EventsUrl",
    "EventType",
    "Face",
    "Faces",
    "FacesOfFile",
    "Failure",
    "FailureCount",
    "FormatCount",
    "FormatInfo",
    "Gps",
    "GpsPolicy",
    "Health",
    "Histogram",
    "Image",
    "ImageAttributes",
    "ImageContentUrls",
    "ImageDeleted",
    "ImageDeletedEvent",
    "ImageFormat",
    "ImageHistogram",
    "ImageHistogramPage",
    "ImageLabels",
    "ImageOperations",
    "ImagePredictions",
    "ImageProcessed",
    "ImageProcessedAttributes",
    "ImageProcessedEvent",
    "ImageVariant",
    "InvalidInput",
    "Job",
    "JobAttributes",
    "JobEvent",
    "JobEventAttributes",
    "JobFinished",
    "JobFinishedAttributes",
    "JobFinishedEvent",
    "JobItem",
    "JobItemOperations",
    "JobProgress",
    "JobSummary",
    "JobSummaryAttributes",
    "JobSummaryPage",
    "KeyRole",
    "KeyScope",
    "KeyWebhookSecret",
    "KnownImage",
    "KnownImages",
    "KnownImagesRequest",
    "Label",
    "LabelItemRequest",
    "LabelRequest",
    "LabelResult",
    "LabelResults",
    "LabelsRequest",
    "Limits",
    "LinkImage",
    "LinkImageContentUrls",
    "LinkJob",
    "LinkJobSummary",
    "LinkStatus",
    "LinkUploads",
    "LinkUsedUp",
    "LinkUsedUpEvent",
    "ListedImage",
    "ListedImageAttributes",
    "ListedImageContentUrls",
    "ListedImagePage",
    "ListedImagePredictions",
    "MarkChanges",
    "MarkChangesAttributes",
    "MedianHistogram",
    "Metadata",
    "Metric",
    "Model",
    "ModelDrift",
    "ModelMetrics",
    "Models",
    "ModelStatus",
    "ModelVersion",
    "ModelVersionDetail",
    "ModelVersionDetailPerClass",
    "OperationInfo",
    "OperationResult",
    "Part",
    "PartStatus",
    "PictureFormat",
    "Prediction",
    "Problem",
    "Quality",
    "QueuePlace",
    "Readiness",
    "ReadinessDetails",
    "ReadinessParts",
    "Redelivered",
    "RedeliverFailed",
    "Released",
    "Retried",
    "Role",
    "Similar",
    "SimilarBy",
    "SimilarItem",
    "Statistics",
    "Status",
    "Totals",
    "TrainedOn",
    "TrainedOnLeftOut",
    "UploadLimitsOfKey",
    "UploadLink",
    "UploadLinkPage",
    "UploadLinkRequest",
    "Verdict",
    "Watched",
    "Webhook",
    "WebhookChanges",
    "WebhookDisabled",
    "WebhookDisabledEvent",
    "WebhookPage",
    "WebhookRequest",
    "WebhookStatus",
    "WebhookTest",
    "WebhookTestEvent",
    "WebhookWithSecret",
)

_MODULES = {
    "ApiKey": ".api_key",
    "ApiKeyPage": ".api_key_page",
    "ApiKeyRequest": ".api_key_request",
    "AuditAction": ".audit_action",
    "AuditActor": ".audit_actor",
    "AuditEntry": ".audit_entry",
    "AuditEntryDetails": ".audit_entry_details",
    "AuditEntryPage": ".audit_entry_page",
    "AuditTarget": ".audit_target",
    "AuditTargetType": ".audit_target_type",
    "Batch": ".batch",
    "BatchErrors": ".batch_errors",
    "BatchFailure": ".batch_failure",
    "BatchFilter": ".batch_filter",
    "BatchPage": ".batch_page",
    "BatchRequest": ".batch_request",
    "BatchStore": ".batch_store",
    "CalibrationBin": ".calibration_bin",
    "CameraCount": ".camera_count",
    "Capabilities": ".capabilities",
    "Cell": ".cell",
    "ChosenDeadLetters": ".chosen_dead_letters",
    "ClassMetrics": ".class_metrics",
    "ContentUrl": ".content_url",
    "CreateJobBody": ".create_job_body",
    "CreateJobFromUploadsBody": ".create_job_from_uploads_body",
    "CreateJobFromUploadsBodyAttributes": ".create_job_from_uploads_body_attributes",
    "CreateJobFromUrlsBody": ".create_job_from_urls_body",
    "CreateJobFromUrlsBodyAttributes": ".create_job_from_urls_body_attributes",
    "CreateLinkUploadBody": ".create_link_upload_body",
    "CreateLinkUploadByUrlBody": ".create_link_upload_by_url_body",
    "CreateLinkUploadFromUploadsBody": ".create_link_upload_from_uploads_body",
    "CreatedApiKey": ".created_api_key",
    "CreatedUploadLink": ".created_upload_link",
    "DayCount": ".day_count",
    "DeadLetter": ".dead_letter",
    "DeadLetterAttempt": ".dead_letter_attempt",
    "DeadLetterCode": ".dead_letter_code",
    "DeadLetterCreated": ".dead_letter_created",
    "DeadLetterCreatedAttributes": ".dead_letter_created_attributes",
    "DeadLetterCreatedEvent": ".dead_letter_created_event",
    "DeadLetterFilter": ".dead_letter_filter",
    "DeadLetterPage": ".dead_letter_page",
    "Delivery": ".delivery",
    "DeliveryAttempt": ".delivery_attempt",
    "DeliveryStatus": ".delivery_status",
    "DeliverySummary": ".delivery_summary",
    "DeliverySummaryPage": ".delivery_summary_page",
    "DetectFacesBody": ".detect_faces_body",
    "DisabledReason": ".disabled_reason",
    "Discarded": ".discarded",
    "Embedding": ".embedding",
    "ErrorCode": ".error_code",
    "EventType": ".event_type",
    "EventsUrl": ".events_url",
    "Face": ".face",
    "Faces": ".faces",
    "FacesOfFile": ".faces_of_file",
    "Failure": ".failure",
    "FailureCount": ".failure_count",
    "FormatCount": ".format_count",
    "FormatInfo": ".format_info",
    "Gps": ".gps",
    "GpsPolicy": ".gps_policy",
    "Health": ".health",
    "Histogram": ".histogram",
    "Image": ".image",
    "ImageAttributes": ".image_attributes",
    "ImageContentUrls": ".image_content_urls",
    "ImageDeleted": ".image_deleted",
    "ImageDeletedEvent": ".image_deleted_event",
    "ImageFormat": ".image_format",
    "ImageHistogram": ".image_histogram",
    "ImageHistogramPage": ".image_histogram_page",
    "ImageLabels": ".image_labels",
    "ImageOperations": ".image_operations",
    "ImagePredictions": ".image_predictions",
    "ImageProcessed": ".image_processed",
    "ImageProcessedAttributes": ".image_processed_attributes",
    "ImageProcessedEvent": ".image_processed_event",
    "ImageVariant": ".image_variant",
    "InvalidInput": ".invalid_input",
    "Job": ".job",
    "JobAttributes": ".job_attributes",
    "JobEvent": ".job_event",
    "JobEventAttributes": ".job_event_attributes",
    "JobFinished": ".job_finished",
    "JobFinishedAttributes": ".job_finished_attributes",
    "JobFinishedEvent": ".job_finished_event",
    "JobItem": ".job_item",
    "JobItemOperations": ".job_item_operations",
    "JobProgress": ".job_progress",
    "JobSummary": ".job_summary",
    "JobSummaryAttributes": ".job_summary_attributes",
    "JobSummaryPage": ".job_summary_page",
    "KeyRole": ".key_role",
    "KeyScope": ".key_scope",
    "KeyWebhookSecret": ".key_webhook_secret",
    "KnownImage": ".known_image",
    "KnownImages": ".known_images",
    "KnownImagesRequest": ".known_images_request",
    "Label": ".label",
    "LabelItemRequest": ".label_item_request",
    "LabelRequest": ".label_request",
    "LabelResult": ".label_result",
    "LabelResults": ".label_results",
    "LabelsRequest": ".labels_request",
    "Limits": ".limits",
    "LinkImage": ".link_image",
    "LinkImageContentUrls": ".link_image_content_urls",
    "LinkJob": ".link_job",
    "LinkJobSummary": ".link_job_summary",
    "LinkStatus": ".link_status",
    "LinkUploads": ".link_uploads",
    "LinkUsedUp": ".link_used_up",
    "LinkUsedUpEvent": ".link_used_up_event",
    "ListedImage": ".listed_image",
    "ListedImageAttributes": ".listed_image_attributes",
    "ListedImageContentUrls": ".listed_image_content_urls",
    "ListedImagePage": ".listed_image_page",
    "ListedImagePredictions": ".listed_image_predictions",
    "MarkChanges": ".mark_changes",
    "MarkChangesAttributes": ".mark_changes_attributes",
    "MedianHistogram": ".median_histogram",
    "Metadata": ".metadata",
    "Metric": ".metric",
    "Model": ".model",
    "ModelDrift": ".model_drift",
    "ModelMetrics": ".model_metrics",
    "ModelStatus": ".model_status",
    "ModelVersion": ".model_version",
    "ModelVersionDetail": ".model_version_detail",
    "ModelVersionDetailPerClass": ".model_version_detail_per_class",
    "Models": ".models",
    "OperationInfo": ".operation_info",
    "OperationResult": ".operation_result",
    "Part": ".part",
    "PartStatus": ".part_status",
    "PictureFormat": ".picture_format",
    "Prediction": ".prediction",
    "Problem": ".problem",
    "Quality": ".quality",
    "QueuePlace": ".queue_place",
    "Readiness": ".readiness",
    "ReadinessDetails": ".readiness_details",
    "ReadinessParts": ".readiness_parts",
    "RedeliverFailed": ".redeliver_failed",
    "Redelivered": ".redelivered",
    "Released": ".released",
    "Retried": ".retried",
    "Role": ".role",
    "Similar": ".similar",
    "SimilarBy": ".similar_by",
    "SimilarItem": ".similar_item",
    "Statistics": ".statistics",
    "Status": ".status",
    "Totals": ".totals",
    "TrainedOn": ".trained_on",
    "TrainedOnLeftOut": ".trained_on_left_out",
    "UploadLimitsOfKey": ".upload_limits_of_key",
    "UploadLink": ".upload_link",
    "UploadLinkPage": ".upload_link_page",
    "UploadLinkRequest": ".upload_link_request",
    "Verdict": ".verdict",
    "Watched": ".watched",
    "Webhook": ".webhook",
    "WebhookChanges": ".webhook_changes",
    "WebhookDisabled": ".webhook_disabled",
    "WebhookDisabledEvent": ".webhook_disabled_event",
    "WebhookPage": ".webhook_page",
    "WebhookRequest": ".webhook_request",
    "WebhookStatus": ".webhook_status",
    "WebhookTest": ".webhook_test",
    "WebhookTestEvent": ".webhook_test_event",
    "WebhookWithSecret": ".webhook_with_secret",
}


def __getattr__(name: str) -> Any:
    """Import a model; to import all of them takes half a second."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
