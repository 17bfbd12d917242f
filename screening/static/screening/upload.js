// Files dropped anywhere on the upload form are taken at once; without this the form uploads them.

const form = document.querySelector("[data-drop]");
const input = form?.querySelector('input[type="file"]');
const status = form?.querySelector("[data-drop-status]");

function send() {
  const n = input.files.length;
  if (!n) return;
  status.textContent = `Uploading ${n} file${n === 1 ? "" : "s"}…`;
  form.requestSubmit();
}

if (form) {
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    form.addEventListener(kind, () => form.classList.remove("is-over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    send();
  });
}
