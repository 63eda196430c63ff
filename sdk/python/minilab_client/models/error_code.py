from enum import StrEnum


class ErrorCode(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    ARCHIVE_TOO_LARGE = "archive_too_large"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    BACKLOG_FULL = "backlog_full"
    BODY_TOO_SLOW = "body_too_slow"
    CONNECTIONS_FULL = "connections_full"
    CORRUPT_IMAGE = "corrupt_image"
    DECODER_DIED = "decoder_died"
    DECODE_TIMED_OUT = "decode_timed_out"
    EMPTY_FILE = "empty_file"
    EXPIRED = "expired"
    FILE_TOO_LARGE = "file_too_large"
    FORBIDDEN = "forbidden"
    HEADERS_TOO_LARGE = "headers_too_large"
    HEADERS_TOO_SLOW = "headers_too_slow"
    IDEMPOTENCY_KEY_IN_USE = "idempotency_key_in_use"
    IDEMPOTENCY_KEY_MISUSED = "idempotency_key_misused"
    IDEMPOTENCY_KEY_TAKEN_OVER = "idempotency_key_taken_over"
    IMAGE_EXPIRED = "image_expired"
    INTERNAL = "internal"
    INVALID_VALUE = "invalid_value"
    JOB_EXPIRED = "job_expired"
    LINK_EXPIRED = "link_expired"
    LINK_REVOKED = "link_revoked"
    LINK_USED_UP = "link_used_up"
    LISTENERS_FULL = "listeners_full"
    MALFORMED_MULTIPART = "malformed_multipart"
    MALFORMED_PART = "malformed_part"
    MALFORMED_REQUEST = "malformed_request"
    METADATA_TOO_LARGE = "metadata_too_large"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOTHING_TO_RETRY = "nothing_to_retry"
    NOT_FOUND = "not_found"
    NO_CHILD = "no_child"
    NO_FILES = "no_files"
    OPERATION_FAILED = "operation_failed"
    OVER_LIMIT = "over_limit"
    QUOTA_EXCEEDED = "quota_exceeded"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    RATE_LIMITED = "rate_limited"
    READING_FULL = "reading_full"
    RENDERING_FULL = "rendering_full"
    REQUEST_TOO_LARGE = "request_too_large"
    SCOPE_MISSING = "scope_missing"
    STORAGE_FULL = "storage_full"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_IMAGES = "too_many_images"
    TOO_MANY_IN_FLIGHT = "too_many_in_flight"
    TOO_MANY_KEYS = "too_many_keys"
    TOO_MANY_LINKS = "too_many_links"
    TOO_MANY_LISTENERS = "too_many_listeners"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_READS = "too_many_reads"
    TOO_MANY_UPLOADS = "too_many_uploads"
    TOO_MANY_WEBHOOKS = "too_many_webhooks"
    TOO_MANY_WRONG_KEYS = "too_many_wrong_keys"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    UNKNOWN_OPERATION = "unknown_operation"
    UNKNOWN_PARAMETER = "unknown_parameter"
    UNSUPPORTED_FORMAT = "unsupported_format"
    UPLOAD_TOO_SLOW = "upload_too_slow"
    USER_REQUIRED = "user_required"
    WEBHOOKS_NOT_SET_UP = "webhooks_not_set_up"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    WRONG_STATE = "wrong_state"

    @classmethod
    def _missing_(cls, value: object) -> "ErrorCode | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
