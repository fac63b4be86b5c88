"""Drawing the steps of a prediction as boxes and arrows, from left to right."""

import dataclasses

from experiments.pages.architecture_diagram import Step, layer_names
from experiments.pages.page import page_template

# Sizes in pixels.
WIDTH, GAP, LINE, SPACE, MARGIN, TOP = 150, 84, 16, 24, 20, 60


@dataclasses.dataclass
class Box:
    """A step in its place.

    Attributes:
        step: The `Step`.
        column: Number of its column, from 0.
        modality: The modality, if a single one flows into it, or `None`.
        lines: Texts below its name.
        height: In pixels, as x and y of its upper left corner.
        above: The box right above which it follows, or `None`.
    """

    step: Step
    column: int
    modality: str | None
    lines: list[str]
    height: float
    x: float = 0.0
    y: float = 0.0
    above: "Box | None" = None

    def port(self, number, count):
        """Return the height at which one of `count` arrows leaves or arrives."""
        # In a high box, level with the middles of as many boxes side by side.
        margin = SPACE if self.height > 2 * count * SPACE else 0
        return self.y - margin / 2 + (self.height + margin) * (number + 0.5) / count


def draw_steps(name, steps, unused, parameters):
    """Return SVG text.

    Args:
        name: Name of the model's class.
        steps: The `Step`s from `read_dataflow`.
        unused: Names and layers of the parts from `read_dataflow` that are listed only.
        parameters: Number of the model's parameters.
    """
    boxes = place(steps)
    bottom = max(box.y + box.height for box in boxes) + SPACE + LINE
    notes = [f"{part}, {_size(layer)}: not part of a prediction." for part, layer in unused]
    return page_template("architecture.svg.j2").render(
        name=name,
        parameters=f"{parameters:,}",
        boxes=boxes,
        arrows=arrows(boxes),
        notes=[
            "20 × 64 is a sequence of 20 steps, 64 wide; 64 alone is a vector. "
            "The batch is left out, and so are masks.",
            *notes,
        ],
        bottom=bottom,
        box_width=WIDTH,
        line=LINE,
        margin=MARGIN,
        width=max(box.x for box in boxes) + WIDTH + MARGIN,
        height=bottom + LINE * len(notes) + MARGIN,
    )


def place(steps):
    """Return a `Box` for each step.

    A step stands in the column behind its last source; a column is ordered by the middles of the
    sources. Steps from vector to vector that follow one another stand in one column. A step that
    is alone in its column and has three or more sources is as high as the whole drawing.
    """
    boxes, columns = [], {}
    for step in steps:
        before = [boxes[source] for source, _ in step.flows]
        modalities = {box.modality for box in before} if before else {step.name}
        lines = _lines(step)
        box = Box(
            step,
            column=1 + max((box.column for box in before), default=-1),
            modality=modalities.pop() if len(modalities) == 1 else None,
            lines=lines,
            height=LINE * (len(lines) + 2),
        )
        boxes.append(box)
        if _follows(step, steps):
            box.above = before[0]
            box.column = before[0].column
            stack = next(s for s in columns[box.column] if s[-1] is box.above)
            stack.append(box)
        else:
            columns.setdefault(box.column, []).append([box])
    total = max(sum(map(_height, column)) for column in columns.values()) - SPACE
    for column in columns.values():
        _place_column(column, total, boxes)
    return boxes


def _follows(step, steps):
    """Return whether a step alone follows another, and both turn one vector into one vector."""
    if len(step.flows) != 1 or len(step.flows[0][1]) > 1:
        return False
    source = steps[step.flows[0][0]]
    used = [s for later in steps for s, _ in later.flows if steps[s] is source]
    return len(source.flows) == 1 and len(source.flows[0][1]) == 1 and len(used) == 1


def _place_column(column, total, boxes):
    """Place the stacks of boxes of a column, evenly over the whole height."""
    column.sort(key=lambda stack: _middle([boxes[source] for source, _ in stack[0].step.flows]))
    if len(column) == len(column[0]) == 1 and len(column[0][0].step.flows) > 2:
        column[0][0].height = total
    y = TOP
    for i, stack in enumerate(column):
        middle = TOP - SPACE / 2 + (total + SPACE) * (i + 0.5) / len(column)
        y = max(y, middle - (_height(stack) - SPACE) / 2)
        for box in stack:
            box.x, box.y = MARGIN + box.column * (WIDTH + GAP), y
            y += box.height + SPACE


def arrows(boxes):
    """Return a dict for each flow: its path, label, the place of the label, and its kind."""
    drawn, leaving = [], {}
    for box in sorted(boxes, key=lambda box: box.y):
        for number, (source, shape) in enumerate(box.step.flows):
            leaving.setdefault(source, []).append((box, number, shape))
    for source, flows in leaving.items():
        for position, (target, number, shape) in enumerate(flows):
            start, count = boxes[source], len(target.step.flows)
            if target.above is start:
                middle = start.x + WIDTH / 2
                path = f"M{middle:g} {start.y + start.height:.1f}V{target.y - 3:.1f}"
                place = (middle + 16, target.y - SPACE / 2 + 4)
            else:
                x, y = start.x + WIDTH, start.port(position, len(flows))
                to_x, to_y = target.x, target.port(number, count)
                bend = f"{x + GAP / 2:g} {y:.1f} {to_x - GAP / 2:g} {to_y:.1f}"
                path = f"M{x:g} {y:.1f}C{bend} {to_x - 3:g} {to_y:.1f}"
                near = target.column - start.column == 1
                place = (to_x - GAP / 2, ((y + to_y) / 2 if near else to_y) - 6)
            drawn.append(
                {
                    "path": path,
                    "label": " × ".join("T" if size is None else str(size) for size in shape),
                    "x": place[0],
                    "y": place[1],
                    "kind": "sequence" if len(shape) > 1 else "vector",
                    "modality": start.modality,
                }
            )
    return drawn


def _height(stack):
    return sum(box.height + SPACE for box in stack)


def _middle(boxes):
    return sum(box.y + box.height / 2 for box in boxes) / max(len(boxes), 1)


def _lines(step):
    if step.part is None:
        return []
    if step.again:
        return [type(step.part).__name__, "same weights"]
    inner, names = step.part._flatten_layers(False, recursive=False), layer_names(step.part)
    names = [names[id(x)] for x in inner if id(x) in names and x.count_params()]
    names = [name.replace("_", " ").replace(" from ", " ← ") for name in names]
    return [type(step.part).__name__, *names, _size(step.part)]


def _size(layer):
    count = layer.count_params()
    return f"{count:,} parameters" if count else "no parameters"
