"""Encoding of numbers and categories for a model, fitted on the training table only."""

import warnings

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from utils.tables.table_file import MISSING, checked_numbers


class TabularTransform:
    """Impute, standardise and bin numbers; encode categories as one-hot vectors.

    A number becomes `(x - mean) / scale`. A missing number becomes the median of the training
    table. There are two encodings with bins:

    - One-hot: the vector of the number's bin is appended to the standardised number.
    - Piecewise linear: a vector replaces the number. Bins below the number are 1, bins above it
      are 0, and its own bin holds the share of the bin that lies below the number.

    A category becomes a one-hot vector. Its first entry stands for missing, rare and unseen values.

    Args:
        numeric: For each column a dict of `median`, `mean`, `scale`, `edges` (between bins) and
            `ends` (smallest and largest number, or `None` for one-hot bins).
        categorical: For each column the list of its categories.

    Attributes:
        widths: The width of each column's field; 1 means a single number.

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
            numbers: For each numeric column float64 `(N,)`, NaN = missing.
            categories: For each categorical column texts `(N,)`.
            bins: Largest number of bins of a number; 0 for none.
            piecewise: Whether the encoding is piecewise linear; otherwise it is one-hot.
            min_frequency: Smallest number of rows of a category; categories with fewer rows are
                rare.
            max_categories: Largest number of categories of a column. The most frequent ones are
                kept; the others are rare.
            labels: Labels `(N, columns)`. The edges of bins are then the splits of a decision tree
                that predicts the label from the number. `None`: the edges are quantiles.

        Returns:
            A fitted `TabularTransform`.
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
        """Encode a numeric column.

        Args:
            name: The column.
            values: Texts `(N,)`.

        Returns:
            Two arrays `(N,)`: standardised numbers, float32; and positions among the bins. A
            position is the index of the bin, int32. For piecewise linear bins the share of the
            bin below the number is added, float32.

        Raises:
            ValueError: If a value is neither a number nor missing.
        """
        numbers = checked_numbers(name, values)
        fit = self.numeric[name]
        numbers = np.where(np.isnan(numbers), fit["median"], numbers)
        scaled = ((numbers - fit["mean"]) / fit["scale"]).astype("float32")
        if fit["ends"] is None:
            return scaled, np.searchsorted(fit["edges"], numbers, side="right").astype("int32")
        lowest, highest = fit["ends"]
        knots = [lowest, *fit["edges"], highest]
        return scaled, np.interp(numbers, knots, np.arange(len(knots))).astype("float32")

    def number_field(self, name, scaled, positions):
        """Return the field of an encoded number, see `number`; float32 `(N,)` or `(N, width)`."""
        fit, width = self.numeric[name], self.widths[name]
        if fit["ends"]:
            vectors = np.clip(positions[:, None] - np.arange(width, dtype="float32"), 0, 1)
            return vectors if width > 1 else vectors[:, 0]
        if fit["edges"]:
            return np.concatenate([scaled[:, None], one_hot(positions, width - 1)], axis=1)
        return scaled

    def category(self, name, values):
        """Encode texts `(N,)` of a categorical column as int32 codes `(N,)`; 0 = unknown."""
        codes = self._codes[name]
        return np.array([codes.get(value.strip(), 0) for value in values], dtype="int32")

    def to_json(self):
        """Return a dict of JSON values, the input of `from_json`."""
        return {"numeric": self.numeric, "categorical": self.categorical}

    @classmethod
    def from_json(cls, values):
        """Return the `TabularTransform` of a dict that `to_json` made."""
        return cls(values["numeric"], values["categorical"])


def one_hot(codes, width):
    """Return the one-hot vectors, float32 `(N, width)`, of codes `(N,)`."""
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
    """Return a list of edges between bins of equally many rows."""
    binning = KBinsDiscretizer(
        bins, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"
    )
    with warnings.catch_warnings():
        # scikit-learn warns when it drops bins of width 0, where many values are equal.
        warnings.simplefilter("ignore", UserWarning)
        return binning.fit(column).bin_edges_[0][1:-1].tolist()


def _splits(column, labels, bins):
    """Return a list of edges between the bins that best predict the labels.

    Each bin holds at least a quarter of the rows of a bin of equal shares.
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
        # One more category holds the rare values.
        min_frequency=min_frequency,
        max_categories=max_categories + 1,
        handle_unknown="infrequent_if_exist",
    ).fit(values.reshape(-1, 1))
    rare = encoder.infrequent_categories_[0]
    return sorted(set(encoder.categories_[0]) - set(() if rare is None else rare))
