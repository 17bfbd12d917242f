// <button data-opens="id"> opens <dialog id="id">; inside it [data-closes] closes it. The browser
// keeps the focus inside, gives it back afterwards and closes on Escape.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.opens).showModal();
    return;
  }
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  if (event.target.closest("[data-closes]") || isOutside(dialog, event)) dialog.close();
});

function isOutside(dialog, event) {
  if (event.target !== dialog || !event.clientX) return false;
  const box = dialog.getBoundingClientRect();
  return (
    event.clientX < box.left ||
    event.clientX > box.right ||
    event.clientY < box.top ||
    event.clientY > box.bottom
  );
}

export function enhance() {}
