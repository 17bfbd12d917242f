// Menus are plain <details data-menu>; here they also close on Escape and on a click elsewhere,
// and the arrow keys walk through what is in them.

function open() {
  return [...document.querySelectorAll("details[data-menu][open]")];
}

function close(menu) {
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
}

function walk(menu, step) {
  const items = [...menu.querySelectorAll("summary, a[href], button")];
  const here = items.indexOf(document.activeElement);
  items[(here + step + items.length) % items.length].focus();
}

document.addEventListener("keydown", (event) => {
  const menus = open();
  if (!menus.length) return;
  if (event.key === "Escape") menus.forEach(close);
  const menu = menus.find((one) => one.contains(event.target));
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  walk(menu, event.key === "ArrowDown" ? 1 : -1);
});

document.addEventListener("click", (event) => {
  for (const menu of open()) {
    const stays = menu.contains(event.target) || menu.nextElementSibling?.contains(event.target);
    if (!stays) menu.open = false;
  }
});

/** A rail longer than the window shows where one stands. */
export function enhance(part) {
  const here = part.querySelector(".rail-link[aria-current]");
  const rail = here?.closest(".rail");
  if (!rail) return;
  const below = here.getBoundingClientRect().bottom - rail.getBoundingClientRect().bottom;
  if (below > -80) rail.scrollTop += below + 120;
}
