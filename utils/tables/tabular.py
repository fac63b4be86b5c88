"""Numbers and categories as a model wants them, fitted on the training table alone."""

import warnings

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from utils.tables.table_file import MISSING, to_numbers


class TabularTransform:
    """Impute and standardise numbers, look up categories.

    A number becomes `(x - mean) / scale`, a missing one the median of the training table. With
    bins, a vector stands behind it, one-hot, of the bin that it falls into; or in its place,
    piecewise linear, in which all bins below the number are 1, those above 0, and its own the
    share of the bin that lies below it. A category becomes a one-hot vector; its first entry
    stands for all that is missing, rare or unseen.

    Args:
        numeric: From each column to `{"median", "mean", "scale", "edges", "ends"}`, `edges` being
            those between bins, `ends` the least and the largest number, or `None` if one-hot.
        categorical: From each column to the list of its categories.

    Attributes:
        widths: From each column to the width of its field; 1 stands for a single number.

    Reference:
        Gorishniy et al., 2022, "On Embeddings for Numerical Features in Tabular Deep Learning"
        (piecewise linear encoding, with edges from quantiles or trees).
    """

    def __init__(self, numeric, categorical):
        self.numeric = numeric
        self.categorical = categorical
        self.widths = {name: _number_width(fit) for name, fit in numeric.items()}
        self.widths |= {name: 1 + len(values) for name, values in categorical.items()}
        self._codes = {
            name: {value: code for code, value in enumerate(values, 1)}
            for name, values in categorical.items()
        }

    @classmethod
    def fit(
        cls,
        numbers,
        categories,
        bins=0,
        piecewise=False,
        min_frequency=1,
        max_categories=1000,
        labels=None,
    ):
        """Fit to the columns of the training table.

        Args:
            numbers: From each numeric column to float64 `(N,)`, NaN = missing.
            categories: From each categorical column to texts `(N,)`.
            bins: Bins of each number, at most; 0 for none.
            piecewise: Whether their vectors are piecewise linear, not one-hot.
            min_frequency: Rows that a category must have to be one of its own.
            max_categories: Most categories of a column, the most frequent ones; others are rare.
            labels: Labels `(N, columns)`, for bins whose edges are the splits of a decision tree
                that predicts the label from the number alone; `None`: bins are quantiles.
        """
        return cls(
            {
                name: _fit_number(values, bins, piecewise, labels)
                for name, values in numbers.items()
            },
            {
                name: _fit_categories(values, min_frequency, max_categories)
                for name, values in categories.items()
            },
        )

    def number(self, name, values):
        """Return a numeric column, texts `(N,)`, as standardised float32 and as positions.

        A position is the number of the bin, int32, or, where vectors are piecewise linear, that
        number plus the share of the bin that lies below, float32.

        Raises:
            ValueError: If a value is neither a number nor missing.
        """
        numbers, wrong = to_numbers(values)
        if wrong is not None:
            raise ValueError(
                f"The column {name} must hold numbers, as in training. "
                f"Received: {values[wrong]!r}. Correct it, or leave it empty."
            )
        fit = self.numeric[name]
        numbers = np.where(np.isnan(numbers), fit["median"], numbers)
        scaled = ((numbers - fit["mean"]) / fit["scale"]).astype("float32")
        if fit["ends"] is None:
            return scaled, np.searchsorted(fit["edges"], numbers, side="right").astype("int32")
        lowest, highest = fit["ends"]
        knots = [lowest, *fit["edges"], highest]
        return scaled, np.interp(numbers, knots, np.arange(len(knots))).astype("float32")

    def number_field(self, name, scaled, positions):
        """Return the field of what `number` has returned, float32 `(N,)` or `(N, width)`."""
        fit, width = self.numeric[name], self.widths[name]
        if fit["ends"]:
            vectors = np.clip(positions[:, None] - np.arange(width, dtype="float32"), 0, 1)
            return vectors if width > 1 else vectors[:, 0]
        if fit["edges"]:
            return np.concatenate([scaled[:, None], one_hot(positions, width - 1)], axis=1)
        return scaled

    def category(self, name, values):
        """Return a categorical column, texts `(N,)`, as int32 codes; 0 = not among them."""
        codes = self._codes[name]
        return np.array([codes.get(value.strip(), 0) for value in values], dtype="int32")

    def to_json(self):
        """Return what `from_json` builds the transform from."""
        return {"numeric": self.numeric, "categorical": self.categorical}

    @classmethod
    def from_json(cls, values):
        """Build the transform that `to_json` has described."""
        return cls(values["numeric"], values["categorical"])


def one_hot(codes, width):
    """Return codes `(N,)` as float32 `(N, width)`."""
    return (codes[:, None] == np.arange(width)).astype("float32")


def _number_width(fit):
    bins = len(fit["edges"]) + 1
    return bins if fit["ends"] or bins == 1 else 1 + bins


def _fit_number(values, bins, piecewise, labels):
    column = values.reshape(-1, 1)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    filled = imputer.fit_transform(column)
    scaler = StandardScaler().fit(filled)
    edges, binned = [], bins > 1 and np.ptp(filled) > 0
    if binned:
        edges = _quantiles(filled, bins) if labels is None else _splits(filled, labels, bins)
    return {
        "median": float(imputer.statistics_[0]),
        "mean": float(scaler.mean_[0]),
        "scale": float(scaler.scale_[0]),
        "edges": edges,
        "ends": [float(filled.min()), float(filled.max())] if binned and piecewise else None,
    }


def _quantiles(column, bins):
    """Return the edges between bins that hold equal shares of the rows."""
    binning = KBinsDiscretizer(
        bins, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"
    )
    with warnings.catch_warnings():
        # Bins of no width, where many values are equal, are left out.
        warnings.simplefilter("ignore", UserWarning)
        return binning.fit(column).bin_edges_[0][1:-1].tolist()


def _splits(column, labels, bins):
    """Return the edges between bins that tell most about the labels.

    No bin holds less than a quarter of what bins of equal shares would.
    """
    one_hot = labels.shape[1] > 1 and np.isin(labels, (0, 1)).all()
    kind = DecisionTreeClassifier if one_hot else DecisionTreeRegressor
    tree = kind(max_leaf_nodes=bins, min_samples_leaf=1 / (4 * bins), random_state=0)
    tree.fit(column, labels.argmax(axis=1) if one_hot else np.nan_to_num(labels))
    return sorted(tree.tree_.threshold[tree.tree_.feature >= 0].tolist())


def _fit_categories(values, min_frequency, max_categories):
    values = np.array([value.strip() for value in values], dtype=object)
    values = values[[value not in MISSING for value in values]]
    if not len(values):
        return []
    encoder = OneHotEncoder(
        # One more stands for the rare ones.
        min_frequency=min_frequency,
        max_categories=max_categories + 1,
        handle_unknown="infrequent_if_exist",
    ).fit(values.reshape(-1, 1))
    rare = encoder.infrequent_categories_[0]
    return sorted(set(encoder.categories_[0]) - set(() if rare is None else rare))
