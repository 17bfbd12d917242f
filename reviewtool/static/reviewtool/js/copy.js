// <button data-copy="#id"> copies what that element says or holds; data-copy-text copies itself.

const SHOWN_FOR = 2000;

function textOf(button) {
  if (button.dataset.copyText !== undefined) return button.dataset.copyText;
  const source = document.querySelector(button.dataset.copy);
  return source.value ?? source.textContent.trim();
}

async function copy(button) {
  const before = button.dataset.copyBefore ?? button.textContent;
  button.dataset.copyBefore = before;
  button.textContent = await put(textOf(button));
  setTimeout(() => {
    button.textContent = before;
  }, SHOWN_FOR);
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch (error) {
    // No clipboard without HTTPS, or the person said no.
    if (error instanceof TypeError || error instanceof DOMException) return "Not allowed: select and copy by hand";
    throw error;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy], button[data-copy-text]");
  if (button) copy(button);
});

export function enhance(part) {
  for (const button of part.querySelectorAll("button[data-copy], button[data-copy-text]")) {
    button.setAttribute("aria-live", "polite");
  }
}
