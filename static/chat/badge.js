// How many messages are unread, in the title of the window.

let title = document.title;

export function showTotal() {
  const items = [...document.querySelectorAll("#conversations [data-conversation]")];
  const total = items.reduce((sum, { dataset }) => sum + Math.max(0, Number(dataset.last) - Number(dataset.read)), 0);
  const text = total ? `(${total > 999 ? "999+" : total}) ${title}` : title;
  if (document.title !== text) document.title = text;
}

export function retitle(conversation) {
  title = `${conversation} · perfsite`;
  showTotal();
}
