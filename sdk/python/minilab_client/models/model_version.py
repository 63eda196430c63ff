from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.model_status import ModelStatus

if TYPE_CHECKING:
    from ..models.model_metrics import ModelMetrics
    from ..models.trained_on import TrainedOn


T = TypeVar("T", bound="ModelVersion")


@_attrs_define
class ModelVersion:
    """A version of a model. Values that are not known, or not known yet, are null."""

    algorithm: None | str
    """ Estimator and library. """
    classes: list[str]
    """ The values that it predicts, sorted. """
    code_version: None | str
    """ Release of the service that trained it. """
    created_at: datetime.datetime
    """ When the object was created. """
    embedding_version: int
    """ Version of the embeddings that it reads. """
    error: None | str
    """ Why the training failed. """
    finished_at: datetime.datetime | None
    """ When it ended; null before. """
    job_id: str
    """ The job that trained it. """
    metrics: ModelMetrics | None
    """ How good it is on images that it was not trained on. """
    promoted_at: datetime.datetime | None
    """ When it became live last. """
    refused: None | str
    """ Why it was not promoted by itself. """
    sha256: None | str
    """ Hash of the stored estimator. """
    status: ModelStatus
    """ Status of a version of a model. """
    trained_on: None | TrainedOn
    """ The labelled images that it was trained and tested with. """
    version: int
    """ Number of the version, from 1. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.model_metrics import ModelMetrics  # noqa: PLC0415
        from ..models.trained_on import TrainedOn  # noqa: PLC0415

        algorithm: None | str
        algorithm = self.algorithm

        classes = self.classes

        code_version: None | str
        code_version = self.code_version

        created_at = self.created_at.isoformat()

        embedding_version = self.embedding_version

        error: None | str
        error = self.error

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        job_id = self.job_id

        metrics: dict[str, Any] | None
        if isinstance(self.metrics, ModelMetrics):
            metrics = self.metrics.to_dict()
        else:
            metrics = self.metrics

        promoted_at: None | str
        if isinstance(self.promoted_at, datetime.datetime):
            promoted_at = self.promoted_at.isoformat()
        else:
            promoted_at = self.promoted_at

        refused: None | str
        refused = self.refused

        sha256: None | str
        sha256 = self.sha256

        status = self.status.value

        trained_on: dict[str, Any] | None
        if isinstance(self.trained_on, TrainedOn):
            trained_on = self.trained_on.to_dict()
        else:
            trained_on = self.trained_on

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "algorithm": algorithm,
                "classes": classes,
                "code_version": code_version,
                "created_at": created_at,
                "embedding_version": embedding_version,
                "error": error,
                "finished_at": finished_at,
                "job_id": job_id,
                "metrics": metrics,
                "promoted_at": promoted_at,
                "refused": refused,
                "sha256": sha256,
                "status": status,
                "trained_on": trained_on,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.model_metrics import ModelMetrics  # noqa: PLC0415
        from ..models.trained_on import TrainedOn  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_algorithm(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        algorithm = _parse_algorithm(d.pop("algorithm"))

        classes = cast(list[str], d.pop("classes"))

        def _parse_code_version(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        code_version = _parse_code_version(d.pop("code_version"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        embedding_version = d.pop("embedding_version")

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        job_id = d.pop("job_id")

        def _parse_metrics(data: object) -> ModelMetrics | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metrics_type_0 = ModelMetrics.from_dict(data)

                return metrics_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelMetrics | None, data)

        metrics = _parse_metrics(d.pop("metrics"))

        def _parse_promoted_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                promoted_at_type_0 = datetime.datetime.fromisoformat(data)

                return promoted_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        promoted_at = _parse_promoted_at(d.pop("promoted_at"))

        def _parse_refused(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        refused = _parse_refused(d.pop("refused"))

        def _parse_sha256(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        sha256 = _parse_sha256(d.pop("sha256"))

        status = ModelStatus(d.pop("status"))

        def _parse_trained_on(data: object) -> None | TrainedOn:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                trained_on_type_0 = TrainedOn.from_dict(data)

                return trained_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TrainedOn, data)

        trained_on = _parse_trained_on(d.pop("trained_on"))

        version = d.pop("version")

        model_version = cls(
            algorithm=algorithm,
            classes=classes,
            code_version=code_version,
            created_at=created_at,
            embedding_version=embedding_version,
            error=error,
            finished_at=finished_at,
            job_id=job_id,
            metrics=metrics,
            promoted_at=promoted_at,
            refused=refused,
            sha256=sha256,
            status=status,
            trained_on=trained_on,
            version=version,
        )

        model_version.additional_properties = d
        return model_version

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
