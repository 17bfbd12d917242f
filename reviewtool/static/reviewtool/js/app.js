// What every page gets. Each module looks for its own data-attribute, in the page and in
// whatever htmx swaps into it; a page without the attribute pays nothing.
import * as autosave from "./autosave.js";
import * as copy from "./copy.js";
import * as dialog from "./dialog.js";
import * as dropzone from "./dropzone.js";
import * as highlight from "./highlight.js";
import * as menu from "./menu.js";
import * as requests from "./requests.js";
import * as shortcuts from "./shortcuts.js";
import * as treeSelect from "./tree-select.js";

const MODULES = [
  menu, dialog, copy, dropzone, treeSelect, autosave, highlight, shortcuts, requests,
];

function enhance(part) {
  for (const module of MODULES) module.enhance(part);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
