"""The options that say what labels are, and where."""

from utils.measures.inference import SYNTAX, TargetRequest
from utils.options import add_label_file


def add_target_options(parser):
    """Add `--label-file`, `--target` and `--classes` to a parser."""
    add_label_file(parser)
    parser.add_argument(
        "--target",
        type=str,
        default=None,
        help=f"what the labels are: {SYNTAX}; default: found out",
    )
    parser.add_argument(
        "--classes", type=str, nargs="+", default=[], help="all classes in their order"
    )


def target_request(options):
    """Return the `TargetRequest` of parsed options."""
    return TargetRequest.parse(options.target, options.classes)
