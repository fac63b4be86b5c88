"""Drawing the steps of a prediction as boxes and arrows, from top to bottom."""

import dataclasses
import re

from experiments.pages.architecture_diagram import Step, layer_names
from experiments.pages.diagram_arrows import arrows, shape_in_words
from experiments.pages.page import page_template

# Sizes in pixels; GAP is between rows, SPACE between boxes of a row.
WIDTH, GAP, LINE, SPACE, MARGIN, TOP = 160, 52, 16, 44, 28, 56
LETTER = 7  # about as wide as a letter
GLYPH, FRAME, ENTRY = 58, 44, 22  # heights: dots of cross-attention, head of a frame, legend
CHAIN = 4  # boxes from vector to vector that one row takes
ATTENTION = (
    "is cross-attention: each step (dot) of the query Q looks at all steps of the keys K, and "
    "takes up their values V"
)
LANES = ("audio", "text", "video")  # inputs from left to right: the text meets both others


@dataclasses.dataclass
class Box:
    """A step in its place.

    Attributes:
        step: The `Step`.
        row: Number of its row, from 0.
        modality: The modality whose steps it changes, or `None` where several are mixed.
        context: In cross-attention the modality that is attended to.
        lines: Texts below its name.
        height: In pixels, as are width, and x and y of its upper left corner.
        before: The box in the same row which it follows, or `None`.
    """

    step: Step
    row: int
    modality: str | None
    context: str | None
    lines: list[str]
    height: float
    width: float = WIDTH
    x: float = 0.0
    y: float = 0.0
    before: "Box | None" = None

    @property
    def middle(self):
        """The middle from left to right."""
        return self.x + self.width / 2

    @property
    def title(self):
        """The name of the step, with an arrow from the modality that is attended to."""
        name = re.sub(r"^layer_\d+_", "", self.step.name)
        return re.sub(r"(\w+)_from_(\w+)", r"\1 ← \2", name)


def draw_steps(name, steps, unused, parameters):
    """Return SVG text.

    Args:
        name: Name of the model's class.
        steps: The `Step`s from `read_dataflow`.
        unused: Names and layers of the parts from `read_dataflow` that are listed only.
        parameters: Number of the model's parameters.
    """
    (boxes, total), legend = place(steps), _legend(steps)
    bottom = max(box.y + box.height for box in boxes) + GAP
    return page_template("architecture.svg.j2").render(
        name=name,
        parameters=f"{parameters:,}",
        boxes=boxes,
        frames=_frames(boxes),
        arrows=arrows(boxes),
        legend=legend,
        notes=[f"{part}, {_size(layer)}: not part of a prediction." for part, layer in unused],
        bottom=bottom,
        line=LINE,
        entry=ENTRY,
        glyph=GLYPH,
        margin=MARGIN,
        width=total + 2 * MARGIN,
        height=round(bottom + ENTRY * (len(legend) + 1) + LINE * len(unused)),
    )


def place(steps):
    """Return a `Box` for each step, and the width that they take together.

    A step stands in the row below its last source, as near as there is room to the middle of its
    sources, in cross-attention of its queries. Steps from vector to vector that follow one another
    stand in one row. A step that is alone in its row and mixes three or more sources is as wide as
    the whole drawing.
    """
    boxes, rows = [], {}
    for step in steps:
        box = _box(step, _lines(step, steps), boxes)
        boxes.append(box)
        stack = _followed(step, steps, boxes, rows)
        if stack:
            box.before, box.row = stack[-1], stack[-1].row
            stack.append(box)
        else:
            rows.setdefault(box.row, []).append([box])
    texts = [text for box in boxes for text in (box.title, *box.lines)]
    for box in boxes:
        box.width = max(WIDTH, LETTER * max(map(len, texts)))
    widest = max(sum(map(_stack_width, row)) for row in rows.values()) - SPACE
    total = max(widest, CHAIN * (WIDTH + SPACE) - SPACE)  # Narrower, the legend has no room.
    y, inside = TOP, None
    for number in sorted(rows):
        _place_row(rows[number], total, boxes)
        members = [box for stack in rows[number] for box in stack]
        owner = members[0].step.owner
        if owner is not None and owner is not inside:
            y += FRAME
        inside, height = owner, max(box.height for box in members)
        for box in members:
            box.y = y + (height - box.height) / 2
        y += height + GAP
    return boxes, total


def _box(step, lines, boxes):
    """Return the box of a step, not yet in its place."""
    main = [f for f in step.flows if f.role != "context"]
    carried = {boxes[flow.source].modality for flow in main} if main else {step.name}
    attended = {boxes[flow.source].modality for flow in step.flows if flow.role == "context"}
    modality = carried.pop() if len(carried) == 1 else None
    context = attended.pop() if len(attended) == 1 else None
    height = LINE * (len(lines) + 2) + (GLYPH if modality and context else 0)
    row = 1 + max((boxes[flow.source].row for flow in step.flows), default=-1)
    return Box(step, row, modality, context, lines, height)


def _followed(step, steps, boxes, rows):
    """Return the stack of boxes that a step continues, or `None`.

    It does where it alone follows another step, and both turn one vector into one vector.
    """
    if len(step.flows) != 1 or len(step.flows[0].shape) > 1:
        return None
    number = step.flows[0].source
    source = steps[number]
    used = [flow for later in steps for flow in later.flows if flow.source == number]
    if len(source.flows) != 1 or len(source.flows[0].shape) != 1 or len(used) != 1:
        return None
    stack = next(s for s in rows[boxes[number].row] if s[-1] is boxes[number])
    return stack if len(stack) < CHAIN else None


def _place_row(row, total, boxes):
    """Place the stacks of boxes of a row from left to right, and sort them so."""
    if len(row) == len(row[0]) == 1 and len(row[0][0].step.flows) > 2:
        row[0][0].width = total
    wanted = {id(stack): _wanted(stack[0].step, total, boxes) for stack in row}
    row.sort(key=lambda stack: wanted[id(stack)])
    left, places = 0.0, []
    for stack in row:
        left = max(left, wanted[id(stack)] - (_stack_width(stack) - SPACE) / 2)
        places.append(left)
        left += _stack_width(stack)
    right = total
    for stack, place in reversed([*zip(row, places, strict=True)]):
        x = MARGIN + max(min(place, right - _stack_width(stack) + SPACE), 0)
        right = x - MARGIN - SPACE
        for box in stack:
            box.x = x
            x += box.width + SPACE


def _wanted(step, total, boxes):
    """Return where the middle of a step should be, from the left end of the row."""
    if not step.flows:
        return total * (LANES.index(step.name) + 0.5) / len(LANES)
    main = [flow for flow in step.flows if flow.role != "context"]
    return sum(boxes[flow.source].middle for flow in main) / len(main) - MARGIN


def _stack_width(stack):
    return sum(box.width + SPACE for box in stack)


def _frames(boxes):
    """Return a dict for each opened part: title, size, and the upper and lower end of its frame."""
    inside = {}
    for box in boxes:
        if box.step.owner is not None:
            inside.setdefault(id(box.step.owner), []).append(box)
    return [
        {
            "title": members[0].step.owner.name,
            "kind": type(members[0].step.owner).__name__,
            "size": _size(members[0].step.owner),
            "top": min(box.y for box in members) - FRAME,
            "bottom": max(box.y + box.height for box in members) + GAP / 2,
            "title_end": members[0].middle - LINE,
        }
        for members in inside.values()
    ]


def _legend(steps):
    """Return kind, mark and meaning of the arrows, with shapes that the drawing shows."""
    flows = [flow for step in steps if step.part is not None for flow in step.flows]
    sequences = [flow.shape for flow in flows if len(flow.shape) == 2]
    vectors = [flow.shape for flow in flows if len(flow.shape) == 1]
    entries = []
    if sequences:
        length, width = sequences[-1]
        meaning = f"is a sequence of {length or 'T'} steps, each {width} numbers wide"
        entries.append(("sequence", shape_in_words(sequences[-1]), meaning))
    if vectors:
        meaning = f"is one vector of {vectors[0][0]} numbers, without steps"
        entries.append(("vector", shape_in_words(vectors[0]), meaning))
    if any(flow.role for flow in flows):
        entries.append(("role", "Q ← K, V", ATTENTION))
    return entries


def _lines(step, steps):
    """Return the texts below the name of a step."""
    if step.part is None:
        return []
    kind, size = type(step.part).__name__, _size(step.part)
    if step.again:
        return [kind, "same weights"]
    if step.owner is not None:
        layer = re.match(r"layer_\d+", step.name)
        several = len(step.owner.layer_blocks) > 1
        return [kind, *([layer[0].replace("_", " ")] if layer and several else []), size]
    inner, names = step.part._flatten_layers(False, recursive=False), layer_names(step.part)
    names = [names[id(x)] for x in inner if id(x) in names and x.count_params()]
    names = [name.replace("_", " ").replace(" from ", " ← ") for name in names]
    return [kind, *names, *(["sequences → one vector"] if _pools(step, steps) else []), size]


def _pools(step, steps):
    """Return whether only sequences go into a step, and only vectors come out of it."""
    made = [f for later in steps for f in later.flows if steps[f.source] is step]
    return {len(flow.shape) for flow in step.flows} == {2} and {len(f.shape) for f in made} == {1}


def _size(layer):
    count = layer.count_params()
    return f"{count:,} parameters" if count else "no parameters"
