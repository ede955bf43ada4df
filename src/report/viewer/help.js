// The shortcuts, as a dialog.
import {button, byId, el, replaceContent} from "./dom.js";

/** @type {[string, string][]} */
const kShortcuts = [
  ["W S, wheel", "zoom into time, and out, at the pointer"],
  ["A D, drag", "earlier, later"],
  ["Shift + W S, Shift + wheel", "zoom into addresses, and out"],
  ["Shift + A D", "lower, higher addresses"],
  ["+ −", "zoom both"],
  ["Shift + drag", "brush a part of the time: all tables and graphs then show that part"],
  ["B", "brush what is shown"],
  ["Z", "zoom to what is brushed"],
  ["Escape, 0, double click", "back to everything"],
  ["Click", "select an object everywhere; again to end it"],
  ["1, 2, 3 …", "the tabs"],
  ["/", "search"],
  [
    "Arrow keys",
    "in the picture: move a cross that tells what is there, Enter selects it; in tables and flame graphs: move, Enter chooses, Backspace goes back"
  ],
  ["Browser's back", "the view before"],
  ["?", "this list"],
];

/** Opens the list of shortcuts. */
export function showHelp() {
  const dialog = byId("help");
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  replaceContent(
      dialog, el("h2", {}, "Keys and mouse"),
      el("table", {class: "plain"},
         el("tbody", {},
            kShortcuts.map(
                ([key, text]) =>
                    el("tr", {}, el("th", {scope: "row"}, el("kbd", {}, key)), el("td", {}, text))))),
      button("Close", {class: "primary"}, () => dialog.close()));
  dialog.showModal();
}
