// Files dropped anywhere on <form data-dropzone> go into its file input, which stays what it was:
// an input that works without this script. data-dropzone="submit" sends them at once.

function say(form, text) {
  const status = form.querySelector("[data-dropzone-status]");
  if (status) status.textContent = text;
}

function describe(files) {
  const names = [...files].slice(0, 3).map((file) => file.name).join(", ");
  const more = files.length > 3 ? ` and ${files.length - 3} more` : "";
  return files.length ? `${names}${more} chosen.` : "";
}

function take(form, input, dropped) {
  const files = new DataTransfer();
  for (const file of input.multiple ? dropped : [...dropped].slice(0, 1)) files.items.add(file);
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function wire(form) {
  const input = form.querySelector('input[type="file"]');
  let depth = 0; // dragenter and dragleave also come from the elements inside
  const mark = () => form.classList.toggle("is-over", depth > 0);

  form.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    mark();
  });
  form.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    mark();
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    mark();
    if (event.dataTransfer.files.length) take(form, input, event.dataTransfer.files);
  });
  input.addEventListener("change", () => {
    say(form, describe(input.files));
    if (form.dataset.dropzone === "submit" && input.files.length) form.requestSubmit();
  });
}

export function enhance(part) {
  for (const form of part.querySelectorAll("form[data-dropzone]:not([data-wired~=drop])")) {
    form.dataset.wired = `${form.dataset.wired ?? ""} drop`;
    wire(form);
  }
}
