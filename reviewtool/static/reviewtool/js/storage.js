// What a browser remembers for one person. A browser may forbid storage altogether: then nothing
// is remembered, and the page works all the same.

function allowed(work, otherwise) {
  try {
    return work();
  } catch (error) {
    if (error instanceof DOMException) return otherwise;
    throw error;
  }
}

const nameOf = (name) => `reviewtool:${name}`;

/** Return what was kept under a name, or null. */
export function recall(name) {
  return allowed(() => JSON.parse(localStorage.getItem(nameOf(name))), null);
}

/** Keep something that JSON can hold; return whether it was kept. */
export function keep(name, value) {
  return allowed(() => {
    localStorage.setItem(nameOf(name), JSON.stringify(value));
    return true;
  }, false);
}

export function forget(name) {
  allowed(() => localStorage.removeItem(nameOf(name)));
}
