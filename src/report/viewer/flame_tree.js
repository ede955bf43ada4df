// Call paths with values, as a tree and as rectangles.

/**
 * A path from the outermost frame inward, with what it is worth.
 * @typedef {{path: FrameLabel[], value: number, row: number}} ValuedPath  `row`: of the table it is from
 * @typedef {{name: string, detail: string}} FrameLabel
 */

/**
 * `path`: indices of children from the root. Children are by value, most first.
 * @typedef {{name: string, detail: string, value: number, self: number, depth: number,
 *   children: FlameNode[], parent: ?FlameNode, path: string, rows: number[]}} FlameNode
 */

/** @typedef {{node: FlameNode, x0: number, x1: number, level: number}} FlameBox  x: 0 to 1 of the width */

/**
 * @param {ValuedPath[]} paths @param {"callees" | "callers"} order callers: each path from its innermost
 *     frame
 * @param {string} rootName
 * @returns {FlameNode}
 */
export function buildFlame(paths, order, rootName) {
  /** @type {FlameNode} */
  const root = newNode({name: rootName, detail: ""}, null);
  /** @type {Map<FlameNode, Map<string, FlameNode>>} */
  const lookup = new Map();
  for (const {path, value, row} of paths) {
    if (!(value > 0)) continue;
    root.value += value;
    let node = root;
    for (let i = 0; i < path.length; ++i) {
      const frame = path[order === "callees" ? i : path.length - 1 - i];
      let known = lookup.get(node);
      if (!known) lookup.set(node, (known = new Map()));
      let child = known.get(frame.name);
      if (!child) {
        child = newNode(frame, node);
        known.set(frame.name, child);
        node.children.push(child);
      }
      child.value += value;
      node = child;
    }
    node.self += value;
    node.rows.push(row);
  }
  orderChildren(root);
  return root;
}

/** @param {FrameLabel} label @param {?FlameNode} parent @returns {FlameNode} */
function newNode(label, parent) {
  return {
    ...label,
    value: 0,
    self: 0,
    depth: parent ? parent.depth + 1 : 0,
    children: [],
    parent,
    path: "",
    rows: []
  };
}

/** @param {FlameNode} root */
function orderChildren(root) {
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    node.children.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
    for (let i = 0; i < node.children.length; ++i) {
      node.children[i].path = node.path === "" ? `${i}` : `${node.path}.${i}`;
      waiting.push(node.children[i]);
    }
  }
}

/** The node of a path, or the nearest that there is. @param {FlameNode} root @param {string} path */
export function nodeOfPath(root, path) {
  let node = root;
  for (const part of path === "" ? [] : path.split(".")) {
    const child = node.children[Number(part)];
    if (!child) break;
    node = child;
  }
  return node;
}

/** From the root to the node. @param {FlameNode} node @returns {FlameNode[]} */
export function ancestorsOf(node) {
  const list = [];
  for (let at = /** @type {?FlameNode} */ (node); at; at = at.parent) list.push(at);
  return list.reverse();
}

/**
 * What is seen when zoomed to a node: what it is called from, over the whole width, and what it
 * calls. Boxes narrower than `least` of the width are left out.
 * @param {FlameNode} zoomed @param {number} least @returns {FlameBox[]}
 */
export function layoutFlame(zoomed, least) {
  /** @type {FlameBox[]} */
  const boxes = [];
  for (const node of ancestorsOf(zoomed)) boxes.push({node, x0: 0, x1: 1, level: node.depth});
  const whole = zoomed.value || 1;
  /** @type {{node: FlameNode, x0: number}[]} */
  const waiting = [{node: zoomed, x0: 0}];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    let x = entry.x0;
    for (const child of entry.node.children) {
      const width = child.value / whole;
      if (width < least) break;
      boxes.push({node: child, x0: x, x1: x + width, level: child.depth});
      waiting.push({node: child, x0: x});
      x += width;
    }
  }
  return boxes;
}

/**
 * Frames whose name or place has the text in it, and what all paths through them are worth: a path
 * with several matches counts once.
 * @param {FlameNode} root @param {string} text
 * @returns {{nodes: Set<FlameNode>, value: number}}
 */
export function searchFlame(root, text) {
  const wanted = text.toLowerCase();
  /** @type {Set<FlameNode>} */
  const nodes = new Set();
  let value = 0;
  if (wanted === "") return {nodes, value};
  /** @type {{node: FlameNode, counted: boolean}[]} */
  const waiting = root.children.map((node) => ({node, counted: false}));
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const {node} = entry;
    let {counted} = entry;
    if (node.name.toLowerCase().includes(wanted) || node.detail.toLowerCase().includes(wanted)) {
      nodes.add(node);
      if (!counted) value += node.value;
      counted = true;
    }
    for (const child of node.children) waiting.push({node: child, counted});
  }
  return {nodes, value};
}

/** Levels below the root. @param {FlameBox[]} boxes */
export function flameHeight(boxes) {
  return boxes.reduce((most, box) => Math.max(most, box.level + 1), 1);
}
