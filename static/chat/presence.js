// Who has the conversation open now.

const MOST_NAMED = 8;

export class Presence {
  constructor(place, live, { conversation, viewer }) {
    Object.assign(this, { place, live, viewer });
    live.addEventListener("presence", ({ detail }) => { if (detail.conversation === conversation) this.show(detail); });
    live.addEventListener("state", () => { if (!live.isLive) place.hidden = true; });
  }

  show({ users, count }) {
    const others = users.filter((user) => user.id !== this.viewer.id).map((user) => user.name);
    this.place.hidden = !this.live.isLive;
    this.place.querySelector("[data-here]").textContent = count < 2 ? "Only you here now" : `${count} here now`;
    this.place.querySelector("[data-names]").textContent = others.length ? named(others, count - 1) : "";
    this.place.title = others.length ? `Here now: you, ${others.join(", ")}` : "";
  }
}

function named(names, count) {
  const shown = names.slice(0, MOST_NAMED);
  const more = count - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
