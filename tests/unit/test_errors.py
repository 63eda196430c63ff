"""Errors: one table from classes to statuses, without a gap."""

import re
from http import HTTPStatus

import pytest

from api.http.errors import STATUS_OF, jittered, status_of
from domain.errors.base import ServiceError
from domain.errors.capacity import Unavailable
from domain.errors.catalogue import ERRORS
from domain.errors.files import FileRefused
from domain.errors.requests import InvalidValue, NoFiles, UserRequired

KINDS = ERRORS


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_code_a_title_and_a_status(kind: type[ServiceError]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.code)
    assert kind.title
    assert kind().detail == kind.title
    assert kind("This time.").detail == "This time."
    assert 400 <= status_of(kind()) < 600


def test_every_code_belongs_to_one_class() -> None:
    codes = [kind.code for kind in KINDS]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("kind", [k for k in KINDS if issubclass(k, (FileRefused, InvalidValue))])
def test_what_the_client_got_wrong_is_no_error_of_ours(kind: type[ServiceError]) -> None:
    assert status_of(kind()) == HTTPStatus.UNPROCESSABLE_ENTITY


def test_the_nearest_class_decides_the_status() -> None:
    assert status_of(NoFiles()) == HTTPStatus.BAD_REQUEST
    assert status_of(UserRequired()) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert status_of(Unavailable()) == HTTPStatus.SERVICE_UNAVAILABLE
    assert status_of(ServiceError()) == HTTPStatus.INTERNAL_SERVER_ERROR
    assert set(STATUS_OF) <= set(KINDS)


def test_waiting_times_are_spread() -> None:
    times = {jittered(100) for _ in range(200)}
    assert len(times) > 10
    assert all(75 <= time <= 125 for time in times)
    assert jittered(0.1) == 1
