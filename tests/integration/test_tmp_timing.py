import pytest
@pytest.mark.parametrize("i", range(6))
async def test_a(service, i): assert (await service.client.get("/healthz")).status_code == 200
@pytest.mark.parametrize("i", range(4))
async def test_b(working_service, i): assert (await working_service.client.get("/readyz")).status_code in (200, 503)
