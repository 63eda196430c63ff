"""A bucket of S3 as ``obstore`` reaches it."""

from datetime import timedelta

from obstore.store import S3Store as Bucket

from storage.blobs.stores.s3_credentials import shared_credentials
from storage.urls.s3 import S3Place

CONNECT_SECONDS = 3.0
RETRIES = 3


def open_bucket(place: S3Place, bucket_url: str, timeout_seconds: float) -> Bucket:
    """Open a bucket by its URL; nothing connects yet."""
    return Bucket(
        place.bucket,
        prefix=place.prefix or None,
        endpoint=bucket_url,
        # The variable AWS_ENDPOINT_URL_S3, of other programs, would win against the endpoint.
        aws_endpoint_url_s3=bucket_url,
        # Else the bucket would be added to the URL.
        virtual_hosted_style_request=True,
        region=place.region,
        credential_provider=shared_credentials(),
        client_options={
            "allow_http": place.is_plain,
            "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, timeout_seconds)),
            "timeout": timedelta(seconds=timeout_seconds),
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=timeout_seconds)},
    )
