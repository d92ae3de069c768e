/** The value of a cookie of this page; an empty text if there is none. */
export function cookie(name) {
  const start = `${name}=`;
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(start));
  return found ? decodeURIComponent(found.slice(start.length)) : "";
}
