"""Token buckets, leases, and the rules of admission: arithmetic alone."""

import math
import time

import pytest

from api.admission.accounts import Accounts, policy_header, remaining_header
from api.http.errors import spread
from domain.errors.capacity import BacklogFull, StorageFull, TooManyInFlight
from domain.fairness.admission import (
    FULL_UPLOAD_BYTES,
    Load,
    check_backlog,
    check_in_flight,
    check_storage,
    rate_limits,
    slot_share,
    tenant_of,
)
from domain.fairness.token_buckets import Demand, Drawn, RateLimit, TokenLease, draw
from domain.keys import Caller, Role
from domain.limits import AdmissionLimits

FIVE_A_MINUTE = RateLimit("requests", "requests", 5 / 60, 5)
THOUSAND = RateLimit("requests", "requests", 1000.0, 5000)
MB = 1024 * 1024


def serve(lease: TokenLease, level: float, now: float) -> float:
    """Draw a lease out of a bucket of this level, and give what is left in it."""
    demand = lease.demand(lease=True)
    drawn = draw(lease.limit, level, demand)
    lease.receive(demand, drawn, now)
    return drawn.level


@pytest.mark.parametrize(
    ("per_second", "burst", "lease"),
    [(5 / 60, 5, 1), (1000, 5000, 100), (10, 1, 1), (100, 100, 5), (2e8, 4 * 1024**3, 20_000_000)],
)
def test_lease_is_one_where_limit_is_small(per_second: float, burst: int, lease: int) -> None:
    assert RateLimit("requests", "requests", per_second, burst).lease == lease


@pytest.mark.parametrize(
    ("level", "demand", "drawn"),
    [
        (5.0, Demand(0, 3), Drawn(2.0, 3)),
        (2.75, Demand(0, 3), Drawn(0.75, 2)),
        (0.9, Demand(0, 3), Drawn(0.9, 0)),
        (5.0, Demand(7, 3), Drawn(-2.0, 0)),
        (5.0, Demand(4, 3), Drawn(0.0, 1)),
        (9.0, Demand(0, 1), Drawn(4.0, 1)),
    ],
)
def test_bucket_pays_debts_first_and_gives_no_more_than_it_has(
    level: float, demand: Demand, drawn: Drawn
) -> None:
    assert draw(FIVE_A_MINUTE, level, demand) == drawn


def test_five_a_minute_are_five_in_any_first_minute() -> None:
    lease, level, admitted = TokenLease(FIVE_A_MINUTE, now=0.0), 5.0, 0
    for _ in range(100):
        if not lease.can_pay and not lease.wait_seconds(now=1.0):
            level = serve(lease, level, now=1.0)
        if lease.can_pay:
            lease.spend(1)
            admitted += 1
    assert admitted == 5
    assert lease.wait_seconds(now=1.0) == pytest.approx(12)
    assert lease.wait_seconds(now=13.1) == 0


def test_large_request_is_possible_when_bucket_is_full_and_is_paid_off() -> None:
    limit = RateLimit("bytes", "content-bytes", 100.0, 1000)
    lease = TokenLease(limit, now=0.0)
    level = serve(lease, 1000.0, now=0.0)
    lease.spend(3000)
    assert lease.demand(lease=False) == Demand(debt=2990, wanted=0)
    assert serve(lease, level, now=0.0) == -2000
    assert lease.held == 0
    assert lease.wait_seconds(now=0.0) == pytest.approx(20.01)
    assert lease.wait_seconds(now=20.1) == 0


def test_what_is_spent_while_redis_is_asked_is_not_lost() -> None:
    lease = TokenLease(THOUSAND, now=0.0)
    lease.spend(7)
    demand = lease.demand(lease=True)
    lease.spend(5)
    lease.receive(demand, draw(THOUSAND, 5000.0, demand), now=0.0)
    assert lease.held == 100 - 5


def test_bucket_fills_no_further_than_its_burst() -> None:
    lease = TokenLease(FIVE_A_MINUTE, now=0.0)
    serve(lease, 5.0, now=0.0)
    assert lease.level(now=3.0) == pytest.approx(4.25)
    assert lease.level(now=1e9) == 5
    assert lease.level(now=-5.0) == 4


def test_limit_of_zero_is_off() -> None:
    limits = AdmissionLimits(tenant_bytes_per_second=0, tenant_files_per_second=0)
    assert [limit.name for limit in rate_limits(limits)] == ["requests"]


@pytest.mark.parametrize(
    ("caller", "tenant"),
    [
        (Caller("admin", Role.ADMIN), None),
        (Caller("k1", Role.SERVICE), "key:k1"),
        (Caller("l1", Role.LINK, "u1"), "key:l1"),
        (Caller("k2", Role.CLIENT, "u1"), "user:u1"),
    ],
)
def test_tenant_is_user_or_service_key(caller: Caller, tenant: str | None) -> None:
    assert tenant_of(caller) == tenant


def test_backlog_is_full_when_workers_would_take_too_long() -> None:
    limits = AdmissionLimits(max_backlog_seconds=60)
    check_backlog(limits, 6000, 100.0)
    with pytest.raises(BacklogFull) as refusal:
        check_backlog(limits, 6500, 100.0)
    assert refusal.value.wait_seconds == pytest.approx(5)


def test_backlog_counts_with_workers_that_are_still_to_come() -> None:
    limits = AdmissionLimits(max_backlog_seconds=60, expected_images_per_second=100.0)
    check_backlog(limits, 6000, 2.0)
    with pytest.raises(BacklogFull) as refusal:
        check_backlog(limits, 6500, 2.0)
    assert refusal.value.wait_seconds == pytest.approx(5)
    check_backlog(limits, 60 * 200, 200.0)


def test_backlog_of_unknown_pace_is_only_counted() -> None:
    limits = AdmissionLimits(max_backlog_seconds=1, max_backlog_images=1000)
    check_backlog(limits, 999, 0.0)
    with pytest.raises(BacklogFull):
        check_backlog(limits, 1000, 0.0)
    check_backlog(AdmissionLimits(max_backlog_seconds=0, max_backlog_images=0), 10**9, 1.0)


def test_images_in_flight_are_limited() -> None:
    limits = AdmissionLimits(tenant_max_images_in_flight=10)
    check_in_flight(limits, 9, 1.0)
    with pytest.raises(TooManyInFlight) as refusal:
        check_in_flight(limits, 14, 2.0)
    assert refusal.value.wait_seconds == pytest.approx(2.5)
    check_in_flight(AdmissionLimits(tenant_max_images_in_flight=0), 10**9, 1.0)


@pytest.mark.parametrize(
    ("load", "since", "length", "fits"),
    [
        (Load(), 10**12, 10**12, True),
        (Load(free_disk_bytes=20 * MB), 6 * MB, 4 * MB, True),
        (Load(free_disk_bytes=20 * MB), 6 * MB, 4 * MB + 1, False),
        (Load(stored_bytes=90 * MB), 6 * MB, 4 * MB, True),
        (Load(stored_bytes=90 * MB), 6 * MB, 4 * MB + 1, False),
    ],
)
def test_room_counts_what_came_since_and_what_comes(
    load: Load, since: int, length: int, fits: bool
) -> None:
    limits = AdmissionLimits(min_free_disk_bytes=10 * MB, max_stored_bytes=100 * MB)
    if fits:
        check_storage(limits, load, since, length)
    else:
        with pytest.raises(StorageFull):
            check_storage(limits, load, since, length)


def test_small_uploads_take_a_part_of_a_slot() -> None:
    lengths = [None, 50 * MB, FULL_UPLOAD_BYTES, FULL_UPLOAD_BYTES // 4, 7000, 0]
    assert [slot_share(length) for length in lengths] == [1, 1, 1, 1 / 4, 1 / 32, 1 / 32]


@pytest.mark.parametrize("wait", [0.01, 1.0, 12.3])
def test_retry_after_is_never_early_and_never_the_same_for_all(wait: float) -> None:
    answers = {spread(wait) for _ in range(200)}
    assert min(answers) >= max(1, math.ceil(wait))
    assert max(answers) <= math.ceil(wait + max(2.0, wait))
    assert len(answers) > 1


def test_headers_are_structured_fields() -> None:
    limits = (FIVE_A_MINUTE, RateLimit("bytes", "content-bytes", 100.0, 1000))
    leases = [TokenLease(limit, now=0.0) for limit in limits]
    leases[0].spend(2)
    leases[1].spend(1500)
    assert policy_header(limits) == (
        '"requests";q=5;qu="requests";w=60, "bytes";q=1000;qu="content-bytes";w=10'
    )
    assert remaining_header(leases, now=0.0) == '"requests";r=3;t=24, "bytes";r=0;t=6'


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr("api.admission.accounts.MAX_TENANTS", 2)
    limits = AdmissionLimits(
        tenant_requests_per_second=FIVE_A_MINUTE.per_second,
        tenant_requests_burst=FIVE_A_MINUTE.burst,
        tenant_files_per_second=0,
        tenant_bytes_per_second=0,
    )
    return Accounts(limits)


def test_account_that_holds_a_slot_is_kept(accounts: Accounts) -> None:
    busy = accounts.get("busy")
    busy.slots += 1
    for number in range(5):
        accounts.get(f"other {number}")
    assert accounts.get("busy") is busy


def test_account_in_debt_is_kept(accounts: Accounts) -> None:
    busy = accounts.get("busy")
    busy.charge("requests", 3)
    for number in range(5):
        accounts.get(f"other {number}")
    assert accounts.get("busy") is busy


def test_account_whose_bucket_is_in_debt_is_kept(accounts: Accounts) -> None:
    busy = accounts.get("busy")
    lease = busy.leases["requests"]
    lease.receive(lease.demand(lease=False), Drawn(-3.0, 0), now=time.monotonic())
    for number in range(5):
        accounts.get(f"other {number}")
    assert accounts.get("busy") is busy


def test_idle_account_is_forgotten(accounts: Accounts) -> None:
    idle = accounts.get("idle")
    for number in range(5):
        accounts.get(f"other {number}")
    assert accounts.get("idle") is not idle
