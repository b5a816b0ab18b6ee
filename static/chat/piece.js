// A fresh copy of what the server put into a <template>.

export function piece(id) {
  return document.importNode(document.getElementById(id).content, true).firstElementChild;
}
