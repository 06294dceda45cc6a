"""The folder of a version as MLflow's scikit-learn flavour has it, around files that are ours byte for byte.

Saving through the flavour itself would write the model a second time, with another checksum than the one that
was proven, and would need scikit-learn in the process that registers.
"""

import platform
import shutil
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from infra import allowlist, bundle
from schemas.declaration import Declaration, Kind

_REQUIRED = ("scikit-learn", "skops", "numpy", "scipy", "pandas")
_MLFLOW = "mlflow-skinny"
"""MLflow without its server, of the same version, which is all that is installed in a container."""
_TYPES: dict[Kind, str] = {"number": "double", "integer": "long", "category": "string", "boolean": "boolean"}


def write(target: Path, source: Path, declaration: Declaration, model_id: str, run_id: str) -> None:
    """Copies the files of the bundle in `source` to `target` and describes them there for MLflow."""
    from mlflow.models import Model, ModelSignature  # noqa: PLC0415 - only the retrainer loads MLflow
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415 - as above

    for name in (bundle.MODEL, bundle.CONTRACT, bundle.ONNX):
        if (source / name).exists():  # not every version has the last one
            shutil.copyfile(source / name, target / name)
    requirements = [f"mlflow=={installed(_MLFLOW)}", *(f"{name}=={installed(name)}" for name in _REQUIRED)]
    (target / "requirements.txt").write_text("\n".join(requirements) + "\n")
    signature = ModelSignature(
        inputs=Schema([ColSpec(*_column(declaration, name)) for name in declaration.features]),
        outputs=Schema([ColSpec("double"), ColSpec("double")]),
    )
    model: Any = Model(run_id=run_id, model_id=model_id, signature=signature)
    model.add_flavor(
        "python_function",
        loader_module="mlflow.sklearn",
        model_path=bundle.MODEL,
        predict_fn="predict_proba",
        env={"virtualenv": "python_env.yaml"},
        python_version=platform.python_version(),
    )
    model.add_flavor(
        "sklearn",
        pickled_model=bundle.MODEL,
        sklearn_version=installed("scikit-learn"),
        serialization_format="skops",
        skops_trusted_types=sorted(allowlist.TYPES),
        code=None,
    )
    (target / "python_env.yaml").write_text(
        f'python: "{platform.python_version()}"\ndependencies:\n- -r requirements.txt\n'
    )
    model.save(str(target / "MLmodel"))


def _column(declaration: Declaration, name: str) -> tuple[str, str, bool]:
    """Type, name and whether a value is required; an integer that may be missing can only be a double in a frame."""
    feature = declaration.features[name]
    loose = feature.kind in ("integer", "boolean") and not feature.required
    return "double" if loose else _TYPES[feature.kind], name, feature.required
