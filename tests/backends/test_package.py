"""The package `msa_tf2` in another project, which has a `models` of its own."""

import json
import os
import subprocess
import sys

import keras
import msa_tf2
import numpy as np
import pytest
from conftest import CHECKOUT, SAMPLES
from msa_tf2 import AdaptiveFusionHead, CrossModalFusion


def in_a_new_process(program, folder, checkout=False):
    """What a program prints that starts in `folder`, with the checkout's `models` or without."""
    path = {"PYTHONPATH": str(CHECKOUT)} if checkout else {}
    environment = {**os.environ, **path}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_package_is_tested():
    assert CHECKOUT / "models" not in (CHECKOUT / msa_tf2.__file__).parents


def test_nothing_is_loaded_before_it_is_used(tmp_path):
    program = """
import json, sys
import msa_tf2
first = [name for name in ("keras", "numpy") if name in sys.modules]
names = [*msa_tf2.MODELS, *msa_tf2.TEXT_TABULAR_MODELS, *dir(msa_tf2)]
second = [name for name in ("keras", "numpy") if name in sys.modules]
from msa_tf2 import CrossModalFusion, MSASeqLevelModel
loaded = [name for name in sys.modules if name.startswith("msa_tf2.baselines.")]
print(json.dumps([first, second, loaded, len(names)]))
"""
    *loaded, count = json.loads(in_a_new_process(program, tmp_path))
    assert loaded == [[], [], []] and count > 50


def test_a_project_may_have_models_of_its_own(tmp_path):
    (tmp_path / "models.py").write_text("MINE = 1\n")
    program = "import models, msa_tf2; print(models.MINE, msa_tf2.MSASeqLevelModel.__name__)"
    assert in_a_new_process(program, tmp_path) == "1 MSASeqLevelModel\n"


@pytest.mark.parametrize("reader", ["models", "msa_tf2"])
@pytest.mark.parametrize("writer", ["models", "msa_tf2"])
def test_files_load_under_both_names(writer, reader, tmp_path):
    """In a new process that has imported nothing but the package."""
    path = SAMPLES / "models" / "lf_dnn.keras"  # by `models`, on TensorFlow
    if writer == "msa_tf2":
        model = msa_tf2.load_model(path)
        path = tmp_path / "model.keras"
        model.save(path)
    program = f"""
import {reader}
model = {reader}.load_model({str(path)!r})
print(type(model).__module__, len(model.weights))
"""
    printed = in_a_new_process(program, tmp_path, checkout=reader == "models")
    assert printed == f"{reader}.baselines.lf_dnn 24\n"


@keras.saving.register_keras_serializable(package="project")
class LstmModel(keras.Model):
    """LSTM encoders of one's own, the fusion parts of the package, a Dense head."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.encoders = [keras.layers.LSTM(width, return_sequences=True) for _ in range(3)]
        self.fusion = CrossModalFusion(width, num_heads=2, ff_dim=8)
        self.fusion_head = AdaptiveFusionHead(width)
        self.score = keras.layers.Dense(1)

    def build(self, input_shape):
        for encoder, shape in zip(self.encoders, input_shape, strict=True):
            encoder.build(shape)
        encoded = [(*shape[:2], self.width) for shape in input_shape]
        self.fusion.build(*encoded)
        self.fusion_head.build(encoded)
        self.score.build((None, self.width))
        self.built = True

    def call(self, inputs, training=None):
        encoded = [encode(x) for encode, x in zip(self.encoders, inputs, strict=True)]
        fused = self.fusion(*encoded, training=training)
        return self.score(self.fusion_head(fused, training=training))

    def get_config(self):
        return {**super().get_config(), "width": self.width}


def test_a_model_of_one_s_own_trains_saves_and_loads(tmp_path):
    model = LstmModel(8)
    rng = np.random.default_rng(0)
    inputs = tuple(rng.normal(size=(8, 6, width)).astype("float32") for width in (5, 4, 3))
    model.compile(keras.optimizers.Adam(0.02), "mse")
    target = np.linspace(-1, 1, 8, dtype="float32")[:, None]
    losses = model.fit(inputs, target, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded.predict_on_batch(inputs), model.predict_on_batch(inputs), atol=1e-6
    )
