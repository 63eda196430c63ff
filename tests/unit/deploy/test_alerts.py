"""The page for operators says what to do for every alert."""

import yaml

from tests.service import REPOSITORY


def test_every_alert_has_a_row() -> None:
    alerts = yaml.safe_load((REPOSITORY / "deploy" / "chart" / "alerts.yaml").read_text())
    names = {rule["alert"] for group in alerts["groups"] for rule in group["rules"]}
    page = (REPOSITORY / "docs" / "operations.md").read_text().split("## Alerts")[1]
    rows = page.split("\n## ")[0]
    assert names
    assert {name for name in names if f"`{name}`" not in rows} == set()
