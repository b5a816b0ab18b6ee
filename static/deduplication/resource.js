// What is asked for: equal questions have equal keys, and no two people have the same.

export function resource(url, { user, accept = "application/json", tags = [] }) {
  const address = addressed(url);
  const sorted = new URL(address);
  sorted.searchParams.sort();
  return { key: JSON.stringify([user, accept, sorted.href]), url: address.href, accept, tags: new Set(tags) };
}

// Answers carry what is a person's own, requests their token: neither leaves the site.
export function addressed(url) {
  const address = new URL(url, location.href);
  if (address.origin !== location.origin) throw new TypeError(`${address.origin} is another site than this page's.`);
  address.hash = "";
  return address;
}
