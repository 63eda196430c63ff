from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.model_status import ModelStatus

if TYPE_CHECKING:
    from ..models.calibration_bin import CalibrationBin
    from ..models.model_metrics import ModelMetrics
    from ..models.model_version_detail_per_class import ModelVersionDetailPerClass
    from ..models.trained_on import TrainedOn
    from ..models.watched import Watched


T = TypeVar("T", bound="ModelVersionDetail")


@_attrs_define
class ModelVersionDetail:
    """A version of a model with all metrics."""

    algorithm: None | str
    """ Estimator and library. """
    calibration: list[CalibrationBin]
    """ From low to high probability, without empty tenths. """
    classes: list[str]
    """ The values that it predicts, sorted. """
    code_version: None | str
    """ Release of the service that trained it. """
    confusion: list[list[int]]
    """ Numbers of images, in the order of `classes`: a row is the class by the label, a column the predicted one.
    """
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
    per_class: ModelVersionDetailPerClass
    """ Metrics by class. """
    promoted_at: datetime.datetime | None
    """ When it became live last. """
    refused: None | str
    """ Why it was not promoted by itself. """
    sha256: None | str
    """ Hash of the stored estimator. """
    status: ModelStatus
    """ Status of a version of a model. """
    task: str
    """ What is predicted: the task of the labels. """
    trained_on: None | TrainedOn
    """ The labelled images that it was trained and tested with. """
    version: int
    """ Number of the version, from 1. """
    watched: list[Watched]
    """ Nightly comparisons with what has arrived, oldest first. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.model_metrics import ModelMetrics  # noqa: PLC0415
        from ..models.trained_on import TrainedOn  # noqa: PLC0415

        algorithm: None | str
        algorithm = self.algorithm

        calibration = []
        for calibration_item_data in self.calibration:
            calibration_item = calibration_item_data.to_dict()
            calibration.append(calibration_item)

        classes = self.classes

        code_version: None | str
        code_version = self.code_version

        confusion = []
        for confusion_item_data in self.confusion:
            confusion_item = confusion_item_data

            confusion.append(confusion_item)

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

        per_class = self.per_class.to_dict()

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

        task = self.task

        trained_on: dict[str, Any] | None
        if isinstance(self.trained_on, TrainedOn):
            trained_on = self.trained_on.to_dict()
        else:
            trained_on = self.trained_on

        version = self.version

        watched = []
        for watched_item_data in self.watched:
            watched_item = watched_item_data.to_dict()
            watched.append(watched_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "algorithm": algorithm,
                "calibration": calibration,
                "classes": classes,
                "code_version": code_version,
                "confusion": confusion,
                "created_at": created_at,
                "embedding_version": embedding_version,
                "error": error,
                "finished_at": finished_at,
                "job_id": job_id,
                "metrics": metrics,
                "per_class": per_class,
                "promoted_at": promoted_at,
                "refused": refused,
                "sha256": sha256,
                "status": status,
                "task": task,
                "trained_on": trained_on,
                "version": version,
                "watched": watched,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.calibration_bin import CalibrationBin  # noqa: PLC0415
        from ..models.model_metrics import ModelMetrics  # noqa: PLC0415
        from ..models.model_version_detail_per_class import ModelVersionDetailPerClass  # noqa: PLC0415
        from ..models.trained_on import TrainedOn  # noqa: PLC0415
        from ..models.watched import Watched  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_algorithm(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        algorithm = _parse_algorithm(d.pop("algorithm"))

        calibration = []
        _calibration = d.pop("calibration")
        for calibration_item_data in _calibration:
            calibration_item = CalibrationBin.from_dict(calibration_item_data)

            calibration.append(calibration_item)

        classes = cast(list[str], d.pop("classes"))

        def _parse_code_version(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        code_version = _parse_code_version(d.pop("code_version"))

        confusion = []
        _confusion = d.pop("confusion")
        for confusion_item_data in _confusion:
            confusion_item = cast(list[int], confusion_item_data)

            confusion.append(confusion_item)

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

        per_class = ModelVersionDetailPerClass.from_dict(d.pop("per_class"))

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

        task = d.pop("task")

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

        watched = []
        _watched = d.pop("watched")
        for watched_item_data in _watched:
            watched_item = Watched.from_dict(watched_item_data)

            watched.append(watched_item)

        model_version_detail = cls(
            algorithm=algorithm,
            calibration=calibration,
            classes=classes,
            code_version=code_version,
            confusion=confusion,
            created_at=created_at,
            embedding_version=embedding_version,
            error=error,
            finished_at=finished_at,
            job_id=job_id,
            metrics=metrics,
            per_class=per_class,
            promoted_at=promoted_at,
            refused=refused,
            sha256=sha256,
            status=status,
            task=task,
            trained_on=trained_on,
            version=version,
            watched=watched,
        )

        model_version_detail.additional_properties = d
        return model_version_detail

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
