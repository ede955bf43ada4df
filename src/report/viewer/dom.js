// Elements from code. Texts of the recording only ever go in as text.

/**
 * @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * An element with attributes, listeners ("onclick") and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Attributes} [attributes] @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function")
      element.addEventListener(name.slice(2), value);
    else
      element.setAttribute(name, value === true ? "" : visibleText(String(value)));
  }
  append(element, children);
  return element;
}

/** @param {Node} parent @param {(Child | Child[])[]} children */
export function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(
        typeof child === "object" ? child : document.createTextNode(visibleText(String(child))));
  }
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function replaceContent(parent, ...children) {
  parent.textContent = "";
  append(parent, children);
}

/** An element of page.html. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`page.html has no element '${id}'`);
  return element;
}

/**
 * Characters that would change what stands around them (directions, controls) as their code, so that
 * a name cannot pretend to be another.
 * @param {string} text
 */
export function visibleText(text) {
  return text.replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/g,
      (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** The text of a region that screen readers announce. @param {string} text */
export function announce(text) {
  const region = byId("announce");
  if (region.textContent !== text) region.textContent = text;
}

/**
 * A choice among a few, as a list.
 * @param {string} label @param {[string, string][]} options value and text
 * @param {string} value @param {(value: string) => void} choose
 */
export function choice(label, options, value, choose) {
  const select =
      el("select", {onchange: () => choose(select.value)},
         options.map(([key, text]) => el("option", {value: key}, text)));
  select.value = value;
  return el("label", {class: "field"}, el("span", {}, label), select);
}

/** Shows a value in a choice. @param {HTMLElement | undefined} field @param {string} value */
export function setChoice(field, value) {
  const select = field?.querySelector("select");
  if (select && select.value !== value) select.value = value;
}

/**
 * @param {string} label @param {string} value @param {(value: string) => void} change
 * @param {string} id
 */
export function searchField(label, value, change, id) {
  const input = el("input", {
    type: "search",
    id,
    placeholder: label,
    "aria-label": label,
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => change(input.value)
  });
  input.value = value;
  return input;
}

/** @param {string} text @param {Attributes} attributes @param {() => void} press */
export function button(text, attributes, press) {
  return el("button", {type: "button", ...attributes, onclick: press}, text);
}
