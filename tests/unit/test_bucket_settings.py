"""The URL of a bucket, and the file of credentials: what is taken, and what is refused."""

from pathlib import Path

import pytest
from bson import ObjectId

from api.settings import read_settings
from domain.settings import SettingsError
from storage.blobs.stores.object_names import key_of, name_again, name_of
from storage.blobs.stores.s3_credentials import shared_credentials
from storage.urls.s3 import S3Place, read_s3_url

CREDENTIALS = """
[default]
aws_access_key_id = one
aws_secret_access_key = secret-%one
[other]
aws_access_key_id = two
aws_secret_access_key = secret-two
aws_session_token = token
[role]
role_arn = arn:aws:iam::1:role/x
"""


@pytest.mark.parametrize(
    ("url", "place", "bucket_url"),
    [
        ("s3://photos", S3Place("photos"), "https://photos.s3.us-east-1.amazonaws.com"),
        (
            "s3://photos/a/b/?region=eu-central-1",
            S3Place("photos", "a/b", region="eu-central-1"),
            "https://photos.s3.eu-central-1.amazonaws.com",
        ),
        (
            "s3://photos?path_style=true",
            S3Place("photos", is_path_style=True),
            "https://s3.us-east-1.amazonaws.com/photos",
        ),
        (
            "s3://photos/p?endpoint=https://s3.example:9000/",
            S3Place("photos", "p", "https://s3.example:9000", is_path_style=True),
            "https://s3.example:9000/photos",
        ),
        (
            "s3://photos?endpoint=https://s3.example&path_style=false",
            S3Place("photos", endpoint="https://s3.example"),
            "https://photos.s3.example",
        ),
        (
            "s3://photos?endpoint=http://127.0.0.1:8333",
            S3Place("photos", endpoint="http://127.0.0.1:8333", is_path_style=True),
            "http://127.0.0.1:8333/photos",
        ),
        (
            "s3://photos?endpoint=http://weed:8333&allow_http=true",
            S3Place("photos", endpoint="http://weed:8333", is_path_style=True),
            "http://weed:8333/photos",
        ),
    ],
)
def test_urls_name_a_bucket(url: str, place: S3Place, bucket_url: str) -> None:
    assert read_s3_url(url) == place
    assert place.bucket_url == bucket_url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://photos", "write s3://"),
        ("s3://", "write s3://"),
        ("s3:///prefix", "write s3://"),
        ("s3://key:secret@photos", "credentials come from"),
        ("s3://photos?key=secret", "unknown parameters: key"),
        ("s3://photos?endpoint=s3.example", "a URL such as"),
        ("s3://photos?endpoint=https://key:secret@s3.example", "a URL such as"),
        ("s3://photos?endpoint=https://s3.example/path", "has no path"),
        ("s3://photos?endpoint=http://s3.example", "not encrypted"),
        ("s3://photos?path_style=yes", "path_style is true or false"),
    ],
)
def test_other_urls_end_the_process_with_the_reason(url: str, reason: str) -> None:
    environ = {
        "MINILAB_MONGODB_URL": "mongodb://a/?replicaSet=rs0",
        "MINILAB_REDIS_URL": "redis://a",
        "MINILAB_ADMIN_KEY": "k" * 40,
        "MINILAB_BLOB_URL": url,
    }
    with pytest.raises(SettingsError) as refused:
        read_settings(environ)
    assert "MINILAB_BLOB_URL: " in str(refused.value)
    assert reason in str(refused.value)
    assert "secret@" not in str(refused.value)


def test_keys_come_from_the_shared_file(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(CREDENTIALS)
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    read = shared_credentials(environ)
    assert read is not None
    assert (read()["access_key_id"], read()["secret_access_key"]) == ("one", "secret-%one")
    file.write_text(CREDENTIALS.replace("= one", "= new"))
    assert read()["access_key_id"] == "new"
    other = shared_credentials(environ | {"AWS_PROFILE": "other"})
    assert other is not None
    assert (other()["access_key_id"], other()["token"]) == ("two", "token")


@pytest.mark.parametrize(
    "more",
    [
        {"AWS_ACCESS_KEY_ID": "three"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"},
        {"AWS_PROFILE": "role"},
        {"AWS_PROFILE": "none"},
        {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere"},
    ],
)
def test_the_file_leaves_the_rest_to_others(tmp_path: Path, more: dict[str, str]) -> None:
    file = tmp_path / "credentials"
    file.write_text(CREDENTIALS)
    assert shared_credentials({"AWS_SHARED_CREDENTIALS_FILE": str(file)} | more) is None


def test_only_keys_of_our_names_are_ours() -> None:
    file_id = ObjectId()
    names = {str(file_id), name_again(file_id)}
    assert {name_of(key_of(name)) for name in names} == names
    assert all(len(key_of(name).split("/")[0]) == 2 for name in names)
    wrong = ["zz/" + str(file_id), str(file_id), "owner", "health", f"ab/{file_id}.jpg"]
    assert {name_of(key) for key in wrong if key != key_of(str(file_id))} == {None}
