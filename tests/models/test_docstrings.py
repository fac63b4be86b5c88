"""The examples in docstrings run, and give what they say."""

import doctest
import importlib
import inspect
import io
import pkgutil

import keras
import pytest

import models
from tests.test_readme import fences

PACKAGES = ("models", "models.baselines", "models.text_tabular")
KINDS = (keras.Layer, keras.losses.Loss, keras.Metric, keras.Optimizer)
BASES = {"TextTabularModel"}  # not to be called themselves


@pytest.mark.slow
def test_examples_are_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [start] = fences("docs/reference/index.md", "python")
    exec(start, namespace := {})
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    for module in pkgutil.walk_packages(models.__path__, "models."):
        for test in doctest.DocTestFinder().find(importlib.import_module(module.name)):
            test.globs = dict(namespace)
            runner.run(test, out=report.write)
    assert runner.tries > 150
    assert not runner.failures, report.getvalue()


@pytest.mark.parametrize("package", PACKAGES)
def test_public_layers_models_losses_and_metrics_have_examples(package):
    package = importlib.import_module(package)
    found = {name: getattr(package, name) for name in package.__all__}
    classes = [cls for cls in found.values() if inspect.isclass(cls) and issubclass(cls, KINDS)]
    missing = {cls.__name__ for cls in classes if ">>>" not in (cls.__doc__ or "")}
    assert missing <= BASES
