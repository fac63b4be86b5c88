import pytest

from experiments.pages.minus_sign import with_minus


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scores in [-3, 3]", "scores in [−3, 3]"),
        ("-0.06 ± 1.49", "−0.06 ± 1.49"),
        (-2, "−2"),
        ("-3 to -2.14", "−3 to −2.14"),
        ("test-3 of data/run-1, 2026-11-29, 5e-05", "test-3 of data/run-1, 2026-11-29, 5e-05"),
        ("--threads 1", "--threads 1"),
    ],
)
def test_only_the_sign_of_a_number_is_a_minus(text, expected):
    assert with_minus(text) == expected
