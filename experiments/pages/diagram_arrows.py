"""The arrows between the boxes of a drawing, with their labels."""

ROUND, BEND, TIP = 14, 44, 3  # pixels: corners, height of a curve, room for the point
INSET = 24  # of an arrow from the end of a wide box


def arrows(boxes):
    """Return a dict for each flow: path, kind, modality, and the labels with their places.

    Args:
        boxes: The `Box`es in their places, in the order of their steps.
    """
    drawn, labelled = [], set()
    for box in boxes:
        ports = _ports(box, boxes)
        for flow in box.step.flows:
            source = boxes[flow.source]
            if box.before is source:
                path, labels = _along(source, box, flow)
            elif flow in ports:
                path, labels = _down(source, box, flow, ports[flow])
            else:
                path, labels = _into_side(source, box, flow)
            fresh = [one for one in labels if str(one) not in labelled]
            labelled |= set(map(str, fresh))
            drawn.append(
                {
                    "path": path,
                    "labels": fresh,
                    "kind": "sequence" if len(flow.shape) > 1 else "vector",
                    "modality": source.modality,
                }
            )
    return drawn


def shape_in_words(shape):
    """Return a shape such as `20 × 256`; a length that is not fixed is `T`."""
    return " × ".join("T" if size is None else str(size) for size in shape)


def _ports(box, boxes):
    """Return where each flow that comes from above arrives, from left to right."""
    flows = [f for f in box.step.flows if not _comes_from_side(f, box, boxes)]
    flows.sort(key=lambda flow: boxes[flow.source].middle)
    if box.width > boxes[0].width:
        return {flow: _within(box, boxes[flow.source].middle) for flow in flows}
    shares = [(number + 0.5) / len(flows) for number in range(len(flows))]
    return {f: box.x + box.width * s for f, s in zip(flows, shares, strict=True)}


def _comes_from_side(flow, box, boxes):
    """Return whether a context has a free way into the side of its box."""
    source = boxes[flow.source]
    if flow.role != "context" or box.x <= source.middle <= box.x + box.width:
        return False
    ends = sorted([source.middle, box.middle])
    return not any(
        other is not box and other.row == box.row and ends[0] < other.middle < ends[1] + other.width
        for other in boxes
    )


def _within(box, x):
    return min(max(x, box.x + INSET), box.x + box.width - INSET)


def _along(source, box, flow):
    """Draw an arrow to the next box of the same row."""
    x, y = source.x + source.width, box.y + box.height / 2
    label = _label(shape_in_words(flow.shape), (x + box.x) / 2, y - 7, "middle")
    return f"M{x:g} {y:g}H{box.x - TIP:g}", [label]


def _down(source, box, flow, to_x):
    """Draw an arrow to the upper side of a box."""
    x = _within(source, to_x) if source.width > box.width else source.middle
    y, to_y = source.y + source.height, box.y - TIP
    labels = [_label(shape_in_words(flow.shape), x + 7, y + 16)]
    if flow.role:
        labels.append(_role(flow, to_x + 7, to_y - 8))
    if abs(x - to_x) < 1:
        return f"M{x:g} {y:g}V{to_y:g}", labels
    start = max(y, to_y - BEND)
    half = (start + to_y) / 2
    curve = f"C{x:g} {half:g} {to_x:g} {half:g} {to_x:g} {to_y:g}"
    return f"M{x:g} {y:g}V{start:g}{curve}", labels


def _into_side(source, box, flow):
    """Draw an arrow down the lane of its source, and from there into the side of a box."""
    x, y, to_y = source.middle, source.y + source.height, box.y + box.height / 2
    right = x > box.middle
    edge = box.x + box.width + TIP if right else box.x - TIP
    turn = x - ROUND if right else x + ROUND
    path = f"M{x:g} {y:g}V{to_y - ROUND:g}Q{x:g} {to_y:g} {turn:g} {to_y:g}H{edge:g}"
    role = _role(flow, (x + edge) / 2, to_y - 9, "middle")
    return path, [_label(shape_in_words(flow.shape), x + 7, y + 16), role]


def _label(text, x, y, anchor="start", kind="small"):
    return {"text": text, "x": x, "y": y, "anchor": anchor, "kind": kind}


def _role(flow, x, y, anchor="start"):
    return _label({"query": "Q", "context": "K, V"}[flow.role], x, y, anchor, "role")
