"""Keeps TensorFlow out of the process: 6 seconds and 450 MB of a start, for nothing we use.

Rasa imports it for components (DIET, TED, …) that our `config.yml` does not name. Call
`keep_tensorflow_out()` before anything of Rasa is imported. `tests/engine` proves that turns are
answered the same with and without it.
"""

from __future__ import annotations

import sys
from types import ModuleType

# Optional back ends that thinc, transformers and Rasa import when they find them.
_ABSENT = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "torch", "jax")
# Modules of Rasa that only TensorFlow components use, and what others import from them.
_STUBS: dict[str, tuple[str, ...]] = {
    "rasa.utils.train_utils": (),
    "rasa.utils.tensorflow.models": ("RasaModel",),
    # Needs no TensorFlow itself, but scikit-learn; only TED calls what is in it.
    "rasa.utils.tensorflow.model_data": ("RasaModelData", "FeatureArray", "Data", "ragged_array_to_ndarray"),
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
    "rasa.core.policies.unexpected_intent_policy": ("UnexpecTEDIntentPolicy",),
    # Registers every stock component; ours are found by their dotted path, RulePolicy is below.
    "rasa.engine.recipes.default_components": (),
}


def keep_tensorflow_out() -> None:
    """Raises RuntimeError if TensorFlow or Rasa is already imported."""
    if sys.modules.get("tensorflow") or "rasa.core" in sys.modules:
        raise RuntimeError("keep_tensorflow_out() has to come before Rasa and TensorFlow")
    for name in _ABSENT:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own mark for "not importable"
    for name, classes in _STUBS.items():
        module = ModuleType(name, "left out: see channels/engine/lean.py")
        for class_name in classes:
            setattr(module, class_name, type(class_name, (), {"__module__": name}))
        sys.modules[name] = module
    recipe_components = sys.modules["rasa.engine.recipes.default_components"]
    recipe_components.DEFAULT_COMPONENTS = []  # type: ignore[attr-defined]
    import rasa.core.policies.rule_policy  # noqa: F401  # registers the one stock policy we use
